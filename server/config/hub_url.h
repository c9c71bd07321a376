// HubUrl: the hub's address, taken apart and judged before anything is sent to it.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace contextsync {

struct HubUrl {
  bool is_tls = true;
  std::string host;  // lower case, IPv6 without brackets
  std::uint16_t port = 443;
  std::string path;  // empty or "/…" without a trailing slash

  /// Without default port and trailing slash.
  [[nodiscard]] std::string ToString() const;
};

/// True for `localhost`, 127.0.0.0/8 and ::1: what never leaves the machine.
bool IsLoopback(std::string_view host);

/// Errors: kInvalidArgument for anything but http(s)://HOST[:PORT][/PATH]: a user or password, a
/// query, a fragment,
///         blanks, a bad port; and for http:// to another machine unless `allow_plain_http`.
Result<HubUrl> ParseHubUrl(std::string_view text, bool allow_plain_http);

struct ListenAddress {
  std::string address;  // IPv6 without brackets
  std::uint16_t port = 0;
};

/// Reads `ADDRESS:PORT`, an IPv6 address in brackets. Errors: kInvalidArgument.
Result<ListenAddress> ParseListenAddress(std::string_view text);

}  // namespace contextsync

// Requests and answers without Beast: what the gate and the routes decide on.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/timestamp.h"

namespace contextsync {

/// The other end of a connection, and the one it arrived at.
struct PeerAddress {
  std::string key;    // what is counted: the IPv4 address, or the IPv6 /64 that one customer gets
  std::string local;  // our address, as text
  bool is_loopback = false;
};

/// A request before its body.
struct RequestHead {
  std::string method;
  std::string target;
  std::optional<std::string> host;
  std::optional<std::string> origin;
  std::optional<std::string> authorization;
  std::optional<std::string> content_type;
  std::optional<std::string> content_encoding;
  std::optional<std::uint64_t> content_length;
  bool wants_websocket = false;
  PeerAddress peer;
};

struct HttpAnswer {
  int status = 200;
  std::string body;  // JSON
  std::vector<std::pair<std::string, std::string>> headers;
};

/// {"error":{"code","message"},"server_time"} with the hub's clock.
HttpAnswer ErrorAnswer(int status, std::string_view code, std::string_view message, UnixMillis now);

}  // namespace contextsync

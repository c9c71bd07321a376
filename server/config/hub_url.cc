#include "server/config/hub_url.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace contextsync {

namespace {

constexpr std::uint16_t kHttpsPort = 443;
constexpr std::uint16_t kHttpPort = 80;

Error BadAddress(std::string message) {
  return {ErrorCode::kInvalidArgument, std::move(message)};
}

std::optional<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view(".-_:").find(c) != std::string_view::npos;
}

struct HostAndPort {
  std::string host;
  std::string_view port;  // empty: none was given
};

/// Splits `host`, `host:port`, `[v6]` and `[v6]:port`.
std::optional<HostAndPort> SplitHost(std::string_view text) {
  HostAndPort result;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    result.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    result.host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  const bool clean = std::all_of(result.host.begin(), result.host.end(), IsHostCharacter);
  if (result.host.empty() || !clean || (!rest.empty() && !rest.starts_with(':')) || rest == ":")
    return std::nullopt;
  result.port = rest.empty() ? rest : rest.substr(1);
  std::transform(result.host.begin(), result.host.end(), result.host.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

bool IsPathCharacter(char c) {
  return c > 0x20 && c < 0x7F &&
         std::string_view("?#\"<>\\^`{|}").find(c) == std::string_view::npos;
}

}  // namespace

std::string HubUrl::ToString() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  std::string text = (is_tls ? "https://" : "http://") + (is_v6 ? "[" + host + "]" : host);
  if (port != (is_tls ? kHttpsPort : kHttpPort)) text += ":" + std::to_string(port);
  return text + path;
}

bool IsLoopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  // Numeric only: 127.example.com is somebody else.
  return host.starts_with("127.") && std::count(host.begin(), host.end(), '.') == 3 &&
         std::all_of(host.begin(), host.end(),
                     [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

Result<HubUrl> ParseHubUrl(std::string_view text, bool allow_plain_http) {
  HubUrl url;
  url.is_tls = text.starts_with("https://");
  if (!url.is_tls && !text.starts_with("http://"))
    return BadAddress("must begin with https:// or http://");
  text.remove_prefix(url.is_tls ? 8 : 7);
  const std::size_t slash = std::min(text.find('/'), text.size());
  if (text.substr(0, slash).find('@') != std::string_view::npos) {
    return BadAddress("must not hold a user or password; the token belongs in a token file");
  }
  const auto host = SplitHost(text.substr(0, slash));
  if (!host) return BadAddress("must have the form https://HOST[:PORT][/PATH]");
  const auto port = host->port.empty() ? std::optional(url.is_tls ? kHttpsPort : kHttpPort)
                                       : ParsePort(host->port);
  if (!port || *port == 0) return BadAddress("has no valid port; it is a number from 1 to 65535");
  url.host = host->host;
  url.port = *port;
  url.path = text.substr(slash);
  while (url.path.ends_with('/'))
    url.path.pop_back();
  if (!std::all_of(url.path.begin(), url.path.end(), IsPathCharacter)) {
    return BadAddress("must have a path without blanks, query or fragment");
  }
  if (!url.is_tls && !allow_plain_http && !IsLoopback(url.host)) {
    return BadAddress(
        "would send token and notebook unencrypted to another machine; use https://, or set "
        "allow_plain_http on a network you trust");
  }
  return url;
}

Result<ListenAddress> ParseListenAddress(std::string_view text) {
  const auto split = SplitHost(text);
  const auto port = split ? ParsePort(split->port) : std::nullopt;
  if (!port)
    return BadAddress("must have the form ADDRESS:PORT, such as 127.0.0.1:8787 or [::1]:8787");
  return ListenAddress{.address = split->host, .port = *port};
}

}  // namespace contextsync

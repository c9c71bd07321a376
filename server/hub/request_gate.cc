#include "server/hub/request_gate.h"

#include <algorithm>
#include <array>
#include <utility>

namespace contextsync {

namespace {

constexpr std::array<std::string_view, 3> kLoopbackNames = {"localhost", "127.0.0.1", "[::1]"};

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

RequestGate::Options InLowerCase(RequestGate::Options options) {
  for (std::string& host : options.hosts)
    host = Lower(host);
  return options;
}

/// "Host:8080" → "host"; "[::1]:8080" → "[::1]".
std::string HostOf(std::string_view authority) {
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return {};
  const std::string_view after = authority.substr(bracket);
  return Lower(authority.substr(0, bracket + after.substr(0, after.find(':')).size()));
}

/// The authority of a browser's origin; empty for `null` and anything that is no http origin.
std::string_view AuthorityOf(std::string_view origin) {
  for (const std::string_view scheme :
       {std::string_view("http://"), std::string_view("https://")}) {
    if (origin.starts_with(scheme)) return origin.substr(scheme.size());
  }
  return {};
}

/// The token of `Bearer <token>`. Outer nothing: malformed. Inner nothing: another scheme.
std::optional<std::optional<std::string_view>> BearerToken(std::string_view header) {
  constexpr std::string_view kScheme = "bearer";
  const std::string_view scheme = header.substr(0, header.find(' '));
  if (Lower(scheme) != kScheme) return std::optional<std::string_view>();
  if (header.size() <= scheme.size() + 1) return std::nullopt;
  const std::string_view token = header.substr(scheme.size() + 1);
  // RFC 6750 section 2.1, b64token.
  const bool clean = std::all_of(token.begin(), token.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~+/=").find(c) != std::string_view::npos;
  });
  if (!clean) return std::nullopt;
  return std::optional<std::string_view>(token);
}

bool IsJson(std::string_view content_type) {
  const std::string type = Lower(content_type.substr(0, content_type.find(';')));
  return std::string_view(type).substr(0, type.find_last_not_of(" \t") + 1) == "application/json";
}

}  // namespace

RequestGate::RequestGate(Options options, TokenRegistry* tokens, Clock& clock)
    : options_(InLowerCase(std::move(options))),
      tokens_(tokens),
      clock_(clock),
      failures_(clock, options_.failed_auth_per_minute) {}

Outcome<Admitted, HttpAnswer> RequestGate::Screen(const RequestHead& head) {
  Admitted admitted;
  TokenInfo token;
  std::string_view workspace;
  if (auto refusal = CheckSender(head)) return std::move(*refusal);
  if (auto refusal = FindRoute(head, admitted, workspace)) return std::move(*refusal);
  if (admitted.route->role && tokens_ != nullptr) {
    if (auto refusal = Authenticate(head, admitted, token)) return std::move(*refusal);
  }
  if (tokens_ == nullptr)
    admitted.principal.role = Role::kAdmin;  // whoever is on this machine owns the hub
  if (admitted.route->in_workspace) {
    auto name = PercentDecode(workspace);
    if (!name || !IsValidWorkspace(*name)) {
      return Refuse(400, "malformed",
                    "a workspace is 1 to 128 of the characters A-Z a-z 0-9 . _ : -");
    }
    admitted.workspace = WorkspaceId(std::move(*name));
  }
  if (auto refusal = Authorize(token, admitted)) return std::move(*refusal);
  if (auto refusal = CheckContent(head, *admitted.route)) return std::move(*refusal);
  return admitted;
}

HttpAnswer RequestGate::Refuse(int status, std::string_view code, std::string_view message) const {
  return ErrorAnswer(status, code, message, clock_.WallMillis());
}

HttpAnswer RequestGate::Unauthorized(std::string_view message) const {
  HttpAnswer answer = Refuse(401, "unauthorized", message);
  answer.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"contextsync\"");
  return answer;
}

bool RequestGate::IsAllowedHost(std::string_view authority, const PeerAddress& peer) const {
  const std::string host = HostOf(authority);
  const auto is_host = [&](std::string_view name) { return name == host; };
  // The address a connection arrived at cannot be forged by a name that is pointed at us.
  return std::any_of(kLoopbackNames.begin(), kLoopbackNames.end(), is_host) ||
         std::any_of(options_.hosts.begin(), options_.hosts.end(), is_host) ||
         (!peer.local.empty() && host == peer.local);
}

RequestGate::Refusal RequestGate::CheckSender(const RequestHead& head) const {
  if (!head.host) return Refuse(400, "malformed", "the request has no Host");
  if (!IsAllowedHost(*head.host, head.peer)) {
    return Refuse(403, "forbidden_host", "this hub does not answer to that Host");
  }
  if (head.origin && !IsAllowedHost(AuthorityOf(*head.origin), head.peer)) {
    return Refuse(403, "forbidden_origin", "this hub does not serve pages of that Origin");
  }
  return std::nullopt;
}

RequestGate::Refusal RequestGate::FindRoute(const RequestHead& head, Admitted& admitted,
                                            std::string_view& workspace) const {
  const UrlTarget target = SplitTarget(head.target);
  const std::optional<RouteMatch> match = MatchRoute(target.path);
  if (!match) return Refuse(404, "not_found", "there is nothing at this path");
  if (head.method != match->route->method) {
    HttpAnswer answer = Refuse(405, "method_not_allowed", "this path has another method");
    answer.headers.emplace_back("Allow", match->route->method);
    return answer;
  }
  Result<UrlQuery> query = UrlQuery::Parse(target.query);
  if (!query.ok()) return Refuse(400, "malformed", query.error().message());
  admitted.route = match->route;
  admitted.query = std::move(query).value();
  workspace = match->workspace;
  return std::nullopt;
}

RequestGate::Refusal RequestGate::Authenticate(const RequestHead& head, Admitted& admitted,
                                               TokenInfo& token) {
  // A token in a URL ends up in logs and histories: not accepted, so that nobody starts to rely on
  // it.
  if (admitted.query.Has("access_token"))
    return Unauthorized("a token belongs in the Authorization header");
  if (!head.authorization) return Unauthorized("this path needs a bearer token");
  const auto bearer = BearerToken(*head.authorization);
  if (!bearer) return Refuse(400, "malformed", "the Authorization header is malformed");
  if (!*bearer) return Unauthorized("this path needs a bearer token");
  TokenVerdict verdict = tokens_->Verify(**bearer);
  if (verdict.state == TokenState::kUnknown) return WrongToken(head);
  if (verdict.state == TokenState::kExpired) return Unauthorized("the token has expired");
  if (verdict.state == TokenState::kRevoked) return Unauthorized("the token was revoked");
  admitted.principal = {verdict.info.name, verdict.info.role};
  admitted.token_id = verdict.info.id;
  token = std::move(verdict.info);
  return std::nullopt;
}

HttpAnswer RequestGate::WrongToken(const RequestHead& head) {
  const auto wait = failures_.Note(head.peer.key);
  if (!wait) return Unauthorized("the token is not valid");
  HttpAnswer answer = Refuse(429, "too_many_requests", "too many wrong tokens from this address");
  answer.headers.emplace_back("Retry-After", std::to_string(wait->count()));
  return answer;
}

RequestGate::Refusal RequestGate::Authorize(const TokenInfo& token,
                                            const Admitted& admitted) const {
  const Route& route = *admitted.route;
  if (!route.role) return std::nullopt;
  if (tokens_ == nullptr) return std::nullopt;
  // The same words whether the workspace exists or not.
  if (token.workspace != admitted.workspace) {
    return Refuse(403, "forbidden", "the token is not for this workspace");
  }
  if (token.role >= *route.role) return std::nullopt;
  HttpAnswer answer = Refuse(403, "insufficient_scope",
                             "this needs a token of role " + std::string(RoleName(*route.role)));
  answer.headers.emplace_back(
      "WWW-Authenticate", "Bearer realm=\"contextsync\", error=\"insufficient_scope\", scope=\"" +
                              std::string(RoleName(*route.role)) + "\"");
  return answer;
}

RequestGate::Refusal RequestGate::CheckContent(const RequestHead& head, const Route& route) const {
  if (head.content_encoding) {
    return Refuse(415, "unsupported_media_type", "bodies are not accepted compressed");
  }
  if (route.method == "POST" && !(head.content_type && IsJson(*head.content_type))) {
    return Refuse(415, "unsupported_media_type", "the body must be application/json");
  }
  if (head.content_length.value_or(0) > route.body_bytes) {
    return Refuse(413, "too_large",
                  "the body is larger than " + std::to_string(route.body_bytes) + " bytes");
  }
  return std::nullopt;
}

}  // namespace contextsync

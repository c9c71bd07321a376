// RequestGate: everything a request must pass before its body is read: where it says it goes, who
// sends it, and whether that one may. The order is fixed, so that nobody learns about a workspace
// without a token for it.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/base/outcome.h"
#include "core/hub/principal.h"
#include "core/hub/token_registry.h"
#include "core/ports/clock.h"
#include "server/hub/auth_failures.h"
#include "server/hub/http_message.h"
#include "server/hub/routes.h"
#include "server/hub/url_query.h"

namespace contextsync {

/// A request that may go on.
struct Admitted {
  const Route* route = nullptr;  // never null
  WorkspaceId workspace;         // empty outside workspaces
  Principal principal;
  std::string token_id;  // empty without authentication
  UrlQuery query;
};

/// Thread-safety: none; used on the io thread.
class RequestGate {
 public:
  struct Options {
    std::vector<std::string>
        hosts;  // names and addresses that Host and Origin may carry, without port
    std::size_t failed_auth_per_minute = 10;
  };

  /// `tokens` null: everybody may do everything (--no-auth, loopback only).
  RequestGate(Options options, TokenRegistry* tokens, Clock& clock);

  Outcome<Admitted, HttpAnswer> Screen(const RequestHead& head);

 private:
  using Refusal = std::optional<HttpAnswer>;

  [[nodiscard]] HttpAnswer Refuse(int status, std::string_view code,
                                  std::string_view message) const;
  [[nodiscard]] HttpAnswer Unauthorized(std::string_view message) const;

  [[nodiscard]] bool IsAllowedHost(std::string_view authority, const PeerAddress& peer) const;
  [[nodiscard]] Refusal CheckSender(const RequestHead& head) const;
  Refusal FindRoute(const RequestHead& head, Admitted& admitted, std::string_view& workspace) const;
  Refusal Authenticate(const RequestHead& head, Admitted& admitted, TokenInfo& token);
  [[nodiscard]] Refusal Authorize(const TokenInfo& token, const Admitted& admitted) const;
  [[nodiscard]] Refusal CheckContent(const RequestHead& head, const Route& route) const;
  HttpAnswer WrongToken(const RequestHead& head);

  const Options options_;
  TokenRegistry* const tokens_;
  Clock& clock_;
  AuthFailures failures_;
};

}  // namespace contextsync

#include "server/app/owner_socket.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "core/document/json.h"
#include "server/hub/token_admin.h"
#include "server/relay/relay_wire.h"

namespace contextsync {

namespace {

constexpr std::size_t kOwnerWorkers = 2;
constexpr std::size_t kMostWaiting = 16;

AdminSocket::Adopter AdopterFor(RelayServer* relays) {
  if (relays == nullptr) return {};
  return {.wants = &IsRelayHello, .take = [relays](int socket, std::string received) {
            relays->Adopt(mcp::UniqueFd(socket), std::move(received));
          }};
}

}  // namespace

Result<std::unique_ptr<OwnerSocket>> OwnerSocket::Listen(const StorePlace& place, Command command,
                                                         RelayServer* relays) {
  std::unique_ptr<OwnerSocket> owner(new OwnerSocket(std::move(command)));
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      owner->socket_,
      AdminSocket::Listen(
          owner->io_, place.socket_directory,
          [self = owner.get()](std::string line, const std::function<void(std::string)>& reply) {
            self->Answer(std::move(line), reply);
          },
          place.socket_name, AdopterFor(relays)));
  return owner;
}

OwnerSocket::OwnerSocket(Command command)
    : command_(std::move(command)),
      io_("owner"),
      workers_({.name = "owner", .threads = kOwnerWorkers, .max_queued = kMostWaiting}) {}

void OwnerSocket::Answer(std::string line, const std::function<void(std::string)>& reply) {
  const auto run = [this, line = std::move(line), reply] {
    Result<Json> request = ParseStrict(line);
    Result<Json> answer =
        request.ok() ? command_(request.value()) : Result<Json>(std::move(request).error());
    reply(CompactText(answer.ok() ? answer.value() : TokenErrorToJson(answer.error())));
  };
  if (workers_.TryPost(run)) return;
  reply(CompactText(TokenErrorToJson(Error(ErrorCode::kUnavailable, "too much waits already"))));
}

}  // namespace contextsync

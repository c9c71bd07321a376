// OwnerSocket: the door of a process that has a notebook open, for commands that need what only it
// may touch: a copy of the store, a synchronisation now. The same door lets in those who relay.
// Source: docs/operations.md#backup, docs/architecture.md#relay

#pragma once

#include <functional>
#include <memory>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "core/document/json.h"
#include "server/app/store_place.h"
#include "server/app/worker_pool.h"
#include "server/hub/admin_socket.h"
#include "server/net/io_thread.h"
#include "server/relay/relay_server.h"

namespace contextsync {

/// Thread-safety: one thread.
class OwnerSocket {
 public:
  /// Answers one request; may block. Called on a worker of the socket, several at once.
  using Command = std::function<Result<Json>(const Json& request)>;

  /// `relays` takes over the connections of processes that relay; null: there are none.
  /// Precondition: the caller holds the store's lock.
  /// Errors: kUnavailable.
  static Result<std::unique_ptr<OwnerSocket>> Listen(const StorePlace& place, Command command,
                                                     RelayServer* relays = nullptr);

  /// Waits for commands that run.
  ~OwnerSocket() = default;

 private:
  explicit OwnerSocket(Command command);

  void Answer(std::string line, const std::function<void(std::string)>& reply);

  const Command command_;
  // In this order: the door closes first, then what runs ends, and its answers go nowhere.
  IoThread io_;
  WorkerPool workers_;
  std::unique_ptr<AdminSocket> socket_;
};

}  // namespace contextsync

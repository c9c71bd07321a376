// HubServer: the hub's HTTP side as one object: listener, connections, heartbeat.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/hub/token_registry.h"
#include "core/ports/clock.h"
#include "server/hub/hub_backend.h"
#include "server/hub/tuning.h"
#include "server/net/io_thread.h"

namespace contextsync {

struct HubServerOptions {
  std::string host = "127.0.0.1";  // a name or an address, IPv6 without brackets
  std::uint16_t port = 0;          // 0: any free one
  std::vector<std::string>
      allowed_hosts;  // besides the loopback names, `host` and the address connected to
  HubTuning tuning;
};

/// Thread-safety: any thread but the io thread.
/// Lifetime:      everything given outlives it, and `io` is stopped after it is destroyed.
class HubServer {
 public:
  struct Environment {
    IoThread& io;
    HubBackend& backend;
    TokenRegistry* tokens;  // null: no authentication, only for loopback
    Clock& clock;
  };

  /// Listens when it returns.
  /// Errors: kInvalidArgument for a host that cannot be resolved, or one beyond loopback without
  /// tokens;
  ///         kUnavailable when the port is taken.
  static Result<std::unique_ptr<HubServer>> Start(const HubServerOptions& options,
                                                  Environment environment);
  ~HubServer();
  HubServer(const HubServer&) = delete;
  HubServer& operator=(const HubServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;

  /// "http://127.0.0.1:8080"
  [[nodiscard]] std::string url() const;

  /// Takes no new connection and no new request. Returns at once. Idempotent.
  void Stop();

  /// Returns false when a connection was still open at `deadline`.
  bool WaitUntilIdle(Clock::Instant deadline);

 private:
  class Parts;
  explicit HubServer(std::unique_ptr<Parts> parts);

  const std::unique_ptr<Parts> parts_;
};

}  // namespace contextsync

// HubApp: the hub role, wired: store, service, tokens, pools, io thread, listener. Built in order,
// destroyed in reverse.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/document/json.h"
#include "core/hub/retention.h"
#include "core/ports/clock.h"

namespace contextsync {

struct HubAppOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one
  std::string data_dir;
  bool no_auth = false;
  std::vector<std::string>
      allowed_hosts;  // by which the hub may be called, besides its own name and address
  RetentionRules retention = {};
};

/// Asks a running hub, through its admin socket, whether its store takes writes.
Json HubReadyRequest();

/// Thread-safety: one thread.
class HubApp {
 public:
  /// Serves when it returns.
  /// Errors: kInvalidArgument for an address it must not or cannot listen on, or a data directory
  /// that is not safe;
  ///         kConflict when a hub runs on the directory already; kUnavailable when the port is
  ///         taken; those of the store.
  static Result<std::unique_ptr<HubApp>> Start(const HubAppOptions& options);
  ~HubApp();
  HubApp(const HubApp&) = delete;
  HubApp& operator=(const HubApp&) = delete;

  /// "http://127.0.0.1:8787"
  [[nodiscard]] std::string url() const;

  /// Takes no new work. Returns at once. Idempotent.
  void Stop();

  /// After Stop: returns false when work was still running at `deadline`.
  bool WaitUntilIdle(Clock::Instant deadline);

 private:
  class Parts;
  explicit HubApp(std::unique_ptr<Parts> parts);

  const std::unique_ptr<Parts> parts_;
};

}  // namespace contextsync

// RetryService: the thread that drives the sync engine, for ever: a step, then sleep until it is
// due or has mail.

#pragma once

#include <thread>

#include "core/sync/sync_engine.h"

namespace contextsync {

class RetryService {
 public:
  /// Lifetime: `engine` must outlive the service.
  explicit RetryService(SyncEngine& engine);

  /// Cancels a running request and joins; nobody waits at the engine after that.
  ~RetryService();

  RetryService(const RetryService&) = delete;
  RetryService& operator=(const RetryService&) = delete;

 private:
  SyncEngine& engine_;
  std::jthread thread_;
};

}  // namespace contextsync

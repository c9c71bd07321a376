// CommitBell: carries the news that the notebook changed to whoever waits for it, and outlives
// both.

#pragma once

#include <functional>
#include <utility>

#include "core/base/mutex.h"

namespace contextsync {

/// Thread-safety: any thread.
class CommitBell {
 public:
  /// `listener` is called at each ring; it must not block, nor call the bell. Nothing: it no longer
  /// wants to hear, and no call runs or follows when this returns.
  void Listen(std::function<void()> listener) {
    const MutexLock lock(mu_);
    listener_ = std::move(listener);
  }

  void Ring() {
    const MutexLock lock(mu_);
    if (listener_) listener_();
  }

 private:
  Mutex mu_;
  std::function<void()> listener_ GUARDED_BY(mu_);
};

}  // namespace contextsync

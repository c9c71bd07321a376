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
  /// `listener` is called at each ring, under the lock, so that none runs or follows once another
  /// one took its place or, with nothing, nobody: it must not block, nor call the bell.
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

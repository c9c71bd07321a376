// Executor: somewhere to run work. A pool of threads in production, a list of steps in the
// simulator.

#pragma once

#include <functional>

namespace contextsync {

class Executor {
 public:
  virtual ~Executor() = default;

  /// Runs `work` once, later, on some thread. Any thread may call; never blocks.
  virtual void Post(std::function<void()> work) = 0;
};

}  // namespace contextsync

// WorkerPool: a bounded number of named threads behind one queue. Almost the dumbest pool possible:
// the order and exclusion that work needs are the poster's business. Threads start as they are
// needed, and the one that rested least is woken first: its stack and heap are still in the cache.

#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "core/base/mutex.h"
#include "core/ports/clock.h"
#include "core/ports/executor.h"

namespace contextsync {

/// Thread-safety: any thread; `WaitUntilIdle` and the destructor not from a worker.
/// Lifetime:      the destructor drops what has not begun, waits for what runs, and joins.
class WorkerPool final : public Executor {
 public:
  struct Options {
    std::string name;  // of the threads, with a number; the kernel keeps 15 bytes
    std::size_t threads = 2;
    std::size_t max_queued = 4096;  // bound of TryPost
  };

  explicit WorkerPool(Options options);
  ~WorkerPool() override;
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Never refused before Stop, because a lost piece may be the only one that would have gone on
  /// with its queue; whoever posts here bounds how many pieces it has outstanding. After Stop the
  /// work is dropped.
  void Post(std::function<void()> work) override;

  /// False, and `work` is dropped, when `max_queued` pieces wait already or after Stop.
  bool TryPost(std::function<void()> work);

  /// Takes no new work; what is queued still runs. Returns at once. Idempotent.
  void Stop();

  /// Returns false when work was still queued or running at `deadline`.
  bool WaitUntilIdle(Clock::Instant deadline);

 private:
  struct Worker {
    std::binary_semaphore wake{0};  // released once for each time it is taken from idle_
    std::jthread thread;
  };

  bool Enqueue(std::function<void()>& work, std::size_t bound);
  Worker* TakeIdle() REQUIRES(mu_);
  void StartWorker() REQUIRES(mu_);
  void Run(Worker& self);
  bool NextWork(Worker& self, std::function<void()>& work);

  // Constant after construction.
  const Options options_;

  Mutex mu_;
  CondVar became_idle_;
  std::deque<std::function<void()>> queue_ GUARDED_BY(mu_);
  std::vector<Worker*> idle_ GUARDED_BY(mu_);  // the last one rested least
  std::size_t running_ GUARDED_BY(mu_) = 0;
  bool stopped_ GUARDED_BY(mu_) = false;

  std::deque<Worker> workers_ GUARDED_BY(mu_);  // last: joined before anything they use goes
};

}  // namespace contextsync

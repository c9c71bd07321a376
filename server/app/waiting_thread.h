// WaitingThread: runs the steps of a waiting room, when it is woken and at its deadlines.

#pragma once

#include <thread>

#include "core/base/mutex.h"
#include "core/ports/clock.h"
#include "core/tools/waiting_room.h"

namespace contextsync {

/// Thread-safety: any thread.
/// Lifetime:      the destructor waits for the step that runs; who still waits is not answered.
class WaitingThread {
 public:
  explicit WaitingThread(Clock& clock);
  ~WaitingThread();
  WaitingThread(const WaitingThread&) = delete;
  WaitingThread& operator=(const WaitingThread&) = delete;

  [[nodiscard]] WaitingRoom& room() { return room_; }

 private:
  void Wake();
  void Run();
  bool WaitForWork(Clock::Instant until);

  Mutex mu_;
  CondVar woken_;
  bool is_woken_ GUARDED_BY(mu_) = false;
  bool is_stopping_ GUARDED_BY(mu_) = false;

  WaitingRoom room_;     // calls that leave it may still wake
  std::jthread thread_;  // last: joined before anything it uses goes
};

}  // namespace contextsync

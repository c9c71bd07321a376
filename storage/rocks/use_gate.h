// UseGate: many threads use a thing, and now and then one replaces it while nobody does.

#pragma once

#include <chrono>
#include <cstddef>

#include "core/base/mutex.h"

namespace contextsync {

/// Thread-safety: any thread. Uses may nest within a thread: a thread that is inside always gets in
/// again, so a replacement that waits cannot deadlock with a use that began before it.
class UseGate {
 public:
  /// A use, from construction to destruction. Waits while a replacement is going on.
  class Use {
   public:
    explicit Use(UseGate& gate) : gate_(gate) { gate_.Enter(); }
    ~Use() { gate_.Leave(); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    UseGate& gate_;
  };

  /// Keeps new uses out and waits until the last one has left. Returns false, with the gate open
  /// again, when that took longer than `patience`, when another thread is replacing, or from inside
  /// a use.
  bool Close(std::chrono::milliseconds patience);

  /// Ends a replacement. Precondition: Close() returned true on this thread.
  void Open();

 private:
  void Enter();
  void Leave();

  Mutex mu_;
  CondVar changed_;
  std::size_t inside_ GUARDED_BY(mu_) = 0;
  bool is_closed_ GUARDED_BY(mu_) = false;
};

}  // namespace contextsync

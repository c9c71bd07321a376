#include "server/app/waiting_thread.h"

#include <pthread.h>

#include <algorithm>

namespace contextsync {

namespace {

// Waiting for the end of time overflows in some libraries.
constexpr auto kLongestRest = std::chrono::hours(1);

}  // namespace

WaitingThread::WaitingThread(Clock& clock)
    : room_(clock, [this] { Wake(); }), thread_([this] { Run(); }) {}

WaitingThread::~WaitingThread() {
  {
    const MutexLock lock(mu_);
    is_stopping_ = true;
  }
  woken_.NotifyOne();
}

void WaitingThread::Wake() {
  {
    const MutexLock lock(mu_);
    is_woken_ = true;
  }
  woken_.NotifyOne();
}

void WaitingThread::Run() {
  pthread_setname_np(pthread_self(), "watch");
  auto until = Clock::Instant::max();
  while (WaitForWork(until))
    until = room_.Step();
}

bool WaitingThread::WaitForWork(Clock::Instant until) {
  const MutexLock lock(mu_);
  while (!is_woken_ && !is_stopping_ && std::chrono::steady_clock::now() < until) {
    woken_.WaitUntil(mu_, std::min(until, std::chrono::steady_clock::now() + kLongestRest));
  }
  is_woken_ = false;
  return !is_stopping_;
}

}  // namespace contextsync

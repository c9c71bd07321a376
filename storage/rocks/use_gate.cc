#include "storage/rocks/use_gate.h"

#include <algorithm>
#include <vector>

namespace contextsync {
namespace {

/// The gates this thread is inside of, one entry per use; rarely more than one.
thread_local std::vector<const UseGate*> uses_of_this_thread;

bool IsInside(const UseGate* gate) {
  return std::find(uses_of_this_thread.begin(), uses_of_this_thread.end(), gate) !=
         uses_of_this_thread.end();
}

}  // namespace

void UseGate::Enter() {
  const MutexLock lock(mu_);
  while (is_closed_ && !IsInside(this))
    changed_.Wait(mu_);
  ++inside_;
  uses_of_this_thread.push_back(this);
}

void UseGate::Leave() {
  const MutexLock lock(mu_);
  --inside_;
  // Uses of one gate are alike, so which entry goes does not matter.
  uses_of_this_thread.erase(
      std::find(uses_of_this_thread.begin(), uses_of_this_thread.end(), this));
  if (inside_ == 0) changed_.NotifyAll();
}

bool UseGate::Close(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const MutexLock lock(mu_);
  if (is_closed_ || IsInside(this)) return false;
  is_closed_ = true;
  while (inside_ > 0) {
    if (!changed_.WaitUntil(mu_, deadline) && inside_ > 0) {
      is_closed_ = false;
      changed_.NotifyAll();
      return false;
    }
  }
  return true;
}

void UseGate::Open() {
  const MutexLock lock(mu_);
  is_closed_ = false;
  changed_.NotifyAll();
}

}  // namespace contextsync

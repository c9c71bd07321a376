// Mutex, MutexLock, CondVar: std::mutex with the annotations Clang's thread-safety analysis needs.

#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define CONTEXTSYNC_TSA(x) __attribute__((x))
#else
#define CONTEXTSYNC_TSA(x)
#endif
#define GUARDED_BY(x) CONTEXTSYNC_TSA(guarded_by(x))
#define REQUIRES(...) CONTEXTSYNC_TSA(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) CONTEXTSYNC_TSA(locks_excluded(__VA_ARGS__))

namespace contextsync {

class CONTEXTSYNC_TSA(capability("mutex")) Mutex {
 public:
  void lock() CONTEXTSYNC_TSA(acquire_capability()) { m_.lock(); }
  void unlock() CONTEXTSYNC_TSA(release_capability()) { m_.unlock(); }

 private:
  std::mutex m_;
};

class CONTEXTSYNC_TSA(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& m) CONTEXTSYNC_TSA(acquire_capability(m)) : m_(m) { m_.lock(); }
  ~MutexLock() CONTEXTSYNC_TSA(release_capability()) { m_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& m_;
};

/// A condition variable for Mutex. Callers loop over their own condition, so that the analysis sees
/// it.
class CondVar {
 public:
  void Wait(Mutex& mu) REQUIRES(mu) { cv_.wait(mu); }

  /// Returns false when `deadline` passed first.
  template <typename Clock, typename Duration>
  bool WaitUntil(Mutex& mu, std::chrono::time_point<Clock, Duration> deadline) REQUIRES(mu) {
    return cv_.wait_until(mu, deadline) == std::cv_status::no_timeout;
  }

  void NotifyOne() { cv_.notify_one(); }
  void NotifyAll() { cv_.notify_all(); }

 private:
  std::condition_variable_any cv_;
};

}  // namespace contextsync

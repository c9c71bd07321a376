#include "server/app/worker_pool.h"

#include <pthread.h>

#include <limits>
#include <system_error>
#include <utility>

#include "core/base/check.h"

namespace contextsync {

namespace {

constexpr std::size_t kThreadNameBytes = 15;

void NameThisThread(std::string name, std::size_t number) {
  const std::string suffix = std::to_string(number);
  name.resize(std::min(name.size(), kThreadNameBytes - std::min(suffix.size(), kThreadNameBytes)));
  name += suffix;
  pthread_setname_np(pthread_self(), name.c_str());
}

}  // namespace

WorkerPool::WorkerPool(Options options) : options_(std::move(options)) {
  const MutexLock lock(mu_);
  StartWorker();
}

WorkerPool::~WorkerPool() {
  std::deque<std::function<void()>> dropped;
  {
    const MutexLock lock(mu_);
    dropped.swap(queue_);  // destroyed outside the lock: it may hold the last reference to anything
  }
  Stop();
}

void WorkerPool::Post(std::function<void()> work) {
  Enqueue(work, std::numeric_limits<std::size_t>::max());
}

bool WorkerPool::TryPost(std::function<void()> work) {
  return Enqueue(work, options_.max_queued);
}

bool WorkerPool::Enqueue(std::function<void()>& work, std::size_t bound) {
  Worker* idle = nullptr;
  {
    const MutexLock lock(mu_);
    if (stopped_ || queue_.size() >= bound) return false;
    queue_.push_back(std::move(work));
    idle = TakeIdle();
    if (idle == nullptr && workers_.size() < options_.threads) StartWorker();
  }
  if (idle != nullptr) idle->wake.release();
  return true;
}

WorkerPool::Worker* WorkerPool::TakeIdle() {
  if (idle_.empty()) return nullptr;
  Worker* const last = idle_.back();
  idle_.pop_back();
  return last;
}

void WorkerPool::StartWorker() {
  Worker& worker = workers_.emplace_back();
  try {
    worker.thread = std::jthread([this, &worker, number = workers_.size() - 1] {
      NameThisThread(options_.name, number);
      Run(worker);
    });
  } catch (const std::system_error&) {
    workers_.pop_back();
    CONTEXTSYNC_CHECK(
        !workers_.empty());  // with fewer threads work waits longer; with none for ever
  }
}

void WorkerPool::Stop() {
  const MutexLock lock(mu_);
  stopped_ = true;
  while (Worker* const idle = TakeIdle())
    idle->wake.release();
}

bool WorkerPool::WaitUntilIdle(Clock::Instant deadline) {
  const MutexLock lock(mu_);
  while (running_ > 0 || !queue_.empty()) {
    const bool in_time = became_idle_.WaitUntil(mu_, deadline);
    if (!in_time) return running_ == 0 && queue_.empty();
  }
  return true;
}

void WorkerPool::Run(Worker& self) {
  std::function<void()> work;
  while (NextWork(self, work)) {
    work();
    work = nullptr;  // its captures end before the pool calls itself idle
    const MutexLock lock(mu_);
    --running_;
    if (running_ == 0 && queue_.empty()) became_idle_.NotifyAll();
  }
}

bool WorkerPool::NextWork(Worker& self, std::function<void()>& work) {
  while (true) {
    {
      const MutexLock lock(mu_);
      if (!queue_.empty()) {
        work = std::move(queue_.front());
        queue_.pop_front();
        ++running_;
        return true;
      }
      if (stopped_) return false;
      idle_.push_back(&self);
    }
    self.wake.acquire();
  }
}

}  // namespace contextsync

#include "server/app/worker_pool.h"

#include <pthread.h>

#include <limits>
#include <utility>

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

WorkerPool::WorkerPool(Options options) : max_queued_(options.max_queued) {
  threads_.reserve(options.threads);
  for (std::size_t number = 0; number < options.threads; ++number) {
    threads_.emplace_back([this, name = options.name, number] {
      NameThisThread(name, number);
      Run();
    });
  }
}

WorkerPool::~WorkerPool() {
  std::deque<std::function<void()>> dropped;
  {
    const MutexLock lock(mu_);
    stopped_ = true;
    dropped.swap(queue_);  // destroyed outside the lock: it may hold the last reference to anything
  }
  work_arrived_.NotifyAll();
}

void WorkerPool::Post(std::function<void()> work) {
  Enqueue(work, std::numeric_limits<std::size_t>::max());
}

bool WorkerPool::TryPost(std::function<void()> work) {
  return Enqueue(work, max_queued_);
}

bool WorkerPool::Enqueue(std::function<void()>& work, std::size_t bound) {
  {
    const MutexLock lock(mu_);
    if (stopped_ || queue_.size() >= bound) return false;
    queue_.push_back(std::move(work));
  }
  work_arrived_.NotifyOne();
  return true;
}

void WorkerPool::Stop() {
  {
    const MutexLock lock(mu_);
    stopped_ = true;
  }
  work_arrived_.NotifyAll();
}

bool WorkerPool::WaitUntilIdle(Clock::Instant deadline) {
  const MutexLock lock(mu_);
  while (running_ > 0 || !queue_.empty()) {
    const bool in_time = became_idle_.WaitUntil(mu_, deadline);
    if (!in_time) return running_ == 0 && queue_.empty();
  }
  return true;
}

void WorkerPool::Run() {
  while (true) {
    std::function<void()> work;
    {
      const MutexLock lock(mu_);
      while (queue_.empty() && !stopped_)
        work_arrived_.Wait(mu_);
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
      ++running_;
    }
    work();
    work = nullptr;  // its captures end before the pool calls itself idle
    {
      const MutexLock lock(mu_);
      --running_;
      if (running_ == 0 && queue_.empty()) became_idle_.NotifyAll();
    }
  }
}

}  // namespace contextsync

#include "server/mcp/outbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "server/mcp/tuning.h"

namespace contextsync::mcp {

Result<std::shared_ptr<Outbox>> Outbox::Open(UniqueFd out) {
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.ok()) return Error(ErrorCode::kUnavailable, "no descriptor left for the output queue");
  return std::make_shared<Outbox>(std::move(out), std::move(wake));
}

Outbox::Outbox(UniqueFd out, UniqueFd wake)
    : wake_(std::move(wake)), stream_fd_(out.get()), stream_(std::move(out)) {}

void Outbox::Send(std::string message) {
  message += '\n';
  const MutexLock lock(mu_);
  if (is_dead_) return;
  pending_ += message.size();
  queue_.push_back(std::move(message));
  const bool was_waiting = queue_.size() > 1;
  // The transport's loop is waiting for room already and will write this one too.
  if (!was_waiting && !Drain()) return Die();
  if (pending_ > kOutboxLimitBytes) return Die();
  if (!was_waiting && pending_ > 0) Wake();
}

void Outbox::OnIdle() {
  if (wakes_when_idle_) Wake();
}

void Outbox::Flush() {
  const MutexLock lock(mu_);
  if (!is_dead_ && !Drain()) Die();
}

bool Outbox::Drain() {
  while (!queue_.empty()) {
    const std::string_view rest = std::string_view(queue_.front()).substr(front_written_);
    const auto written = stream_.Write(rest);
    if (!written) return false;
    pending_ -= *written;
    if (*written < rest.size()) {
      front_written_ += *written;
      return true;
    }
    front_written_ = 0;
    queue_.pop_front();
  }
  return true;
}

void Outbox::Die() {
  is_dead_ = true;
  queue_.clear();
  front_written_ = 0;
  pending_ = 0;
  Wake();
}

std::size_t Outbox::pending_bytes() const {
  const MutexLock lock(mu_);
  return pending_;
}

void Outbox::Wake() {
  const std::uint64_t one = 1;
  // A full counter fails the write, and means that a wake is due already.
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

void Outbox::ClearWake() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &count, sizeof count);
}

}  // namespace contextsync::mcp

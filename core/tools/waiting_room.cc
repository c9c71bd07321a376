#include "core/tools/waiting_room.h"

#include <algorithm>
#include <utility>

namespace contextsync {

struct WaitingRoom::Seat {
  Seat(Waiter taken, const std::function<void()>& wake)
      : waiter(std::move(taken)),
        deadline(waiter.call->deadline()),
        seen(waiter.seen),
        on_cancel(waiter.cancelled, wake) {}

  [[nodiscard]] bool IsCancelled() const { return waiter.cancelled.stop_requested(); }

  Waiter waiter;
  const Clock::Instant deadline;
  std::uint64_t seen;    // the changes it has looked at
  bool is_over = false;  // its time, or its session
  // Destroyed only outside the lock: that waits for a call of it.
  std::stop_callback<std::function<void()>> on_cancel;
};

WaitingRoom::WaitingRoom(Clock& clock, std::function<void()> wake)
    : clock_(clock), wake_(std::move(wake)) {}

WaitingRoom::~WaitingRoom() = default;

std::uint64_t WaitingRoom::changes() const {
  const MutexLock lock(mu_);
  return changes_;
}

std::size_t WaitingRoom::waiting() const {
  const MutexLock lock(mu_);
  return taken_count_;
}

std::optional<std::size_t> WaitingRoom::LimitReached(const std::string& session_id) const {
  if (taken_count_ >= kMaxWaiters) return kMaxWaiters;
  const auto found = taken_.find(session_id);
  if (found == taken_.end() || found->second < kMaxWaitersOfSession) return std::nullopt;
  return kMaxWaitersOfSession;
}

void WaitingRoom::Park(Waiter waiter) {
  auto seat = std::make_unique<Seat>(std::move(waiter), wake_);
  std::optional<std::size_t> limit;
  Seats leaving;
  {
    const MutexLock lock(mu_);
    const auto& session_id = seat->waiter.session_id;
    if (LimitReached(session_id)) leaving = TakeCancelled();
    limit = LimitReached(session_id);
    if (!limit) {
      ++taken_[session_id];
      ++taken_count_;
      seats_.push_back(std::move(seat));
    }
  }
  for (const auto& cancelled : leaving)
    cancelled->waiter.done(std::nullopt);
  if (limit) return seat->waiter.done(seat->waiter.call->Refuse(*limit));
  wake_();
}

/// Who was cancelled a moment ago must not be in the way of the next.
WaitingRoom::Seats WaitingRoom::TakeCancelled() {
  Seats cancelled;
  for (auto it = seats_.begin(); it != seats_.end();) {
    const auto next = std::next(it);
    if ((*it)->IsCancelled()) cancelled.splice(cancelled.end(), seats_, it);
    it = next;
  }
  Release(cancelled);
  return cancelled;
}

void WaitingRoom::Ring() {
  {
    const MutexLock lock(mu_);
    ++changes_;
    if (taken_count_ == 0) return;
  }
  wake_();
}

void WaitingRoom::EndSession(const std::string& session_id) {
  {
    const MutexLock lock(mu_);
    if (!taken_.contains(session_id)) return;
    ending_.insert(session_id);
  }
  wake_();
}

Clock::Instant WaitingRoom::Step() {
  Seats due;
  Seats leaving;  // destroyed last, outside the lock
  {
    const MutexLock lock(mu_);
    due = TakeDue();
  }
  for (auto it = due.begin(); it != due.end();) {
    const auto next = std::next(it);
    if (Serve(**it)) leaving.splice(leaving.end(), due, it);
    it = next;
  }
  const MutexLock lock(mu_);
  Release(leaving);
  seats_.splice(seats_.end(), due);
  auto next_deadline = Clock::Instant::max();
  for (const auto& seat : seats_)
    next_deadline = std::min(next_deadline, seat->deadline);
  return next_deadline;
}

bool WaitingRoom::Serve(const Seat& seat) {
  const Waiter& waiter = seat.waiter;
  std::optional<ToolResult> result;
  if (!seat.IsCancelled()) {
    result = seat.is_over ? waiter.call->GiveUp() : waiter.call->Look();
    if (!result) return false;
  }
  waiter.done(std::move(result));
  return true;
}

void WaitingRoom::Release(const Seats& leaving) {
  taken_count_ -= leaving.size();
  for (const auto& seat : leaving) {
    const auto taken = taken_.find(seat->waiter.session_id);
    if (--taken->second == 0) taken_.erase(taken);
  }
}

WaitingRoom::Seats WaitingRoom::TakeDue() {
  const auto now = clock_.Now();
  Seats due;
  for (auto it = seats_.begin(); it != seats_.end();) {
    Seat& seat = **it;
    seat.is_over = seat.deadline <= now || ending_.contains(seat.waiter.session_id);
    const bool has_news = std::exchange(seat.seen, changes_) != changes_;
    const auto next = std::next(it);
    if (seat.is_over || has_news || seat.IsCancelled()) due.splice(due.end(), seats_, it);
    it = next;
  }
  ending_.clear();
  return due;
}

}  // namespace contextsync

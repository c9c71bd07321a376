#include "core/tools/waiting_room.h"

#include <algorithm>
#include <atomic>
#include <utility>

namespace contextsync {

struct WaitingRoom::Seat {
  Seat(Waiter taken, const std::function<void()>& wake)
      : waiter(std::move(taken)),
        deadline(waiter.call->deadline()),
        seen(waiter.seen),
        on_cancel(waiter.cancelled, wake) {}

  [[nodiscard]] bool IsCancelled() const { return waiter.cancelled.stop_requested(); }
  [[nodiscard]] bool IsTaken() const { return !is_answered && !IsCancelled(); }

  /// Answers when there is something to answer.
  void Serve() {
    std::optional<ToolResult> result;
    if (!IsCancelled()) {
      result = is_over ? waiter.call->GiveUp() : waiter.call->Look();
      if (!result) return;
    }
    is_answered = true;  // first: the answer may bring the client's next call
    waiter.done(std::move(result));
  }

  Waiter waiter;
  const Clock::Instant deadline;
  std::uint64_t seen;    // of the step: the changes it has looked at
  bool is_over = false;  // of the step: its time, or its session
  std::atomic<bool> is_answered = false;
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
  return seats_.size();
}

/// Who was answered or cancelled, and has not left yet, is not in the way of the session's next.
std::optional<std::size_t> WaitingRoom::LimitReached(const std::string& session_id) const {
  if (seats_.size() >= kMaxWaiters) return kMaxWaiters;
  const auto of_session = std::ranges::count_if(seats_, [&](const auto& seat) {
    return seat->waiter.session_id == session_id && seat->IsTaken();
  });
  if (std::cmp_less(of_session, kMaxWaitersOfSession)) return std::nullopt;
  return kMaxWaitersOfSession;
}

void WaitingRoom::Park(Waiter waiter) {
  const auto seat = std::make_shared<Seat>(std::move(waiter), wake_);
  std::optional<std::size_t> limit;
  {
    const MutexLock lock(mu_);
    limit = LimitReached(seat->waiter.session_id);
    if (!limit) seats_.push_back(seat);
  }
  if (limit) return seat->waiter.done(seat->waiter.call->Refuse(*limit));
  wake_();
}

void WaitingRoom::Ring() {
  {
    const MutexLock lock(mu_);
    ++changes_;
    if (seats_.empty()) return;
  }
  wake_();
}

void WaitingRoom::EndSession(const std::string& session_id) {
  {
    const MutexLock lock(mu_);
    ending_.insert(session_id);
  }
  wake_();
}

Clock::Instant WaitingRoom::Step() {
  Seats due;  // destroyed after the lock
  {
    const MutexLock lock(mu_);
    due = FindDue();
  }
  for (const auto& seat : due)
    seat->Serve();
  const MutexLock lock(mu_);
  std::erase_if(seats_, [](const auto& seat) { return seat->is_answered.load(); });
  auto next_deadline = Clock::Instant::max();
  for (const auto& seat : seats_)
    next_deadline = std::min(next_deadline, seat->deadline);
  return next_deadline;
}

WaitingRoom::Seats WaitingRoom::FindDue() {
  const auto now = clock_.Now();
  Seats due;
  for (const auto& seat : seats_) {
    seat->is_over = seat->deadline <= now || ending_.contains(seat->waiter.session_id);
    const bool has_news = std::exchange(seat->seen, changes_) != changes_;
    if (seat->is_over || has_news || seat->IsCancelled()) due.push_back(seat);
  }
  ending_.clear();
  return due;
}

}  // namespace contextsync

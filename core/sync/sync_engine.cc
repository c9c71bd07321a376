#include "core/sync/sync_engine.h"

#include <algorithm>
#include <utility>

namespace contextsync {

SyncEngine::SyncEngine(const SyncPorts& ports, SyncOptions options)
    : replica_(ports.replica),
      clock_(ports.clock),
      board_(ports.clock),
      loop_(ports, mailbox_, board_, std::move(options)) {}

void SyncEngine::BeforeCall(Clock::Instant deadline, bool force) {
  const SyncView view = board_.View();
  if (!view.pull_worth_waiting || view.stopped) return;
  if (!force) {
    const bool proven = view.freshness.IsFresh(view.hub_clock, ClockReading::Of(clock_));
    board_.RecordPreSync(proven);
    if (proven) return;
  }
  const std::uint64_t ticket = mailbox_.RequestPull();
  if (board_.IsHubTooSlowFor(deadline)) return;
  board_.WaitUntil(deadline, [&](const SyncView& now) {
    return now.pulls_served >= ticket || !now.pull_worth_waiting || now.not_before > deadline ||
           now.stopped;
  });
}

void SyncEngine::AfterWrite(EntryNumber last, Clock::Instant deadline) {
  mailbox_.RequestPush();
  board_.WaitUntil(deadline, [&](const SyncView& now) {
    const bool is_told = now.checkpoint.IsSettled(last) && !now.awaits_records;
    return is_told || !now.push_worth_waiting || now.not_before > deadline || now.stopped;
  });
}

bool SyncEngine::WaitSettled(EntryNumber last, Clock::Instant deadline) {
  if (board_.IsHubTooSlowFor(deadline)) return board_.View().checkpoint.IsSettled(last);
  board_.WaitUntil(deadline, [&](const SyncView& now) {
    return now.checkpoint.IsSettled(last) || !now.push_worth_waiting || now.not_before > deadline ||
           now.stopped;
  });
  return board_.View().checkpoint.IsSettled(last);
}

bool SyncEngine::IsConfirmed(EntryNumber n) const {
  return board_.View().checkpoint.IsConfirmed(n);
}

SyncStatus SyncEngine::Status() const {
  const SyncView view = board_.View();
  SyncStatus status;
  status.link = view.link;
  status.channel = view.channel;
  status.circuit = view.circuit;
  status.role = view.role;
  status.last_error = view.last_error;
  status.metrics = board_.Metrics();
  if (view.last_sync) {
    status.age = std::max(std::chrono::milliseconds{}, clock_.BootTime() - *view.last_sync);
    status.last_sync_at = clock_.WallMillis() - status.age->count();
  }
  return status;
}

SyncOutcome SyncEngine::SyncNow(Clock::Instant deadline) {
  const SyncView before = board_.View();
  const EntryNumber last = LastWritten();
  const std::uint64_t ticket = mailbox_.RequestPull();
  mailbox_.Kick();
  const auto is_complete = [&](const SyncView& now) {
    return now.pulls_served >= ticket && now.checkpoint.IsSettled(last);
  };
  board_.WaitUntil(deadline, [&](const SyncView& now) {
    const bool tried = now.attempts > before.attempts;
    return is_complete(now) || (tried && !now.push_worth_waiting) || now.stopped;
  });
  const SyncView after = board_.View();
  return {is_complete(after), after.pushed - before.pushed, after.pulled - before.pulled};
}

bool SyncEngine::Flush(Clock::Instant deadline) {
  mailbox_.RequestPush();
  return WaitSettled(LastWritten(), deadline);
}

EntryNumber SyncEngine::LastWritten() const {
  const EntryNumber next = replica_.Position().next_n;
  return EntryNumber(next.value == 0 ? 0 : next.value - 1);
}

}  // namespace contextsync

// ChannelKeeper: keeps one event channel open: reopens it after a while, and gives it up when it
// falls silent. Source: docs/sync_protocol.md#reconnecting

#pragma once

#include "core/ports/hub_link.h"
#include "core/sync/mailbox.h"
#include "core/sync/retry_schedule.h"
#include "core/sync/sync_gate.h"

namespace contextsync {

/// Thread-safety: none; lives on the engine's thread.
class ChannelKeeper {
 public:
  /// `channel` may be null: then there are no events, and nothing ever to open.
  /// Lifetime: all must outlive it.
  ChannelKeeper(EventChannel* channel, Mailbox& mailbox, Random& random)
      : channel_(channel), mailbox_(mailbox), schedule_(random, sync_tuning::kReopenCeiling) {}

  /// Closed, and its time to reopen has come. A hello comes first.
  [[nodiscard]] bool WantsOpen(Clock::Instant now) const;

  void Open(const EventsRequest& request, Clock::Instant now);

  void OnFrame(EventFrame::Type type, Clock::Instant now);

  /// It closed by itself, or the other end refused it. Reopened after a short back-off, but not
  /// before `wait`.
  void OnClosed(Clock::Instant now, sync_tuning::Duration wait = {});

  /// Closes it to be opened anew at once: our position or device is another now.
  void Restart(Clock::Instant now);

  /// Closes a channel that has been silent too long. Returns whether it did.
  bool CloseIfSilent(Clock::Instant now);

  void Stop();

  [[nodiscard]] ChannelState state() const { return state_; }

  /// When `WantsOpen` or `CloseIfSilent` may next have something to do.
  [[nodiscard]] Clock::Instant NextDeadline() const;

 private:
  EventChannel* channel_;
  Mailbox& mailbox_;
  RetrySchedule schedule_;
  ChannelState state_ = ChannelState::kClosed;
  Clock::Instant reopen_at_{};
  Clock::Instant last_frame_{};
  Clock::Instant ready_since_{};
};

}  // namespace contextsync

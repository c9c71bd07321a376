// SyncLoop: the engine's own thread, one step at a time: takes the mail, applies events, holds at
// most one exchange with the hub, posts what is known, and says when it next wants to run. Steps
// never wait but for the hub.

#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/sync/channel_keeper.h"
#include "core/sync/freshness.h"
#include "core/sync/mailbox.h"
#include "core/sync/pacer.h"
#include "core/sync/sync_board.h"
#include "core/sync/syncer.h"

namespace contextsync {

/// What the engine works with; all must outlive it.
struct SyncPorts {
  Replica& replica;
  HubLink& link;
  EventChannel* channel;  // null: no events, the hub is polled
  Clock& clock;
  Random& random;
};

struct SyncOptions {
  HubIdentity identity;
  std::function<void()>
      on_hub_accepted;  // remember `identity.origin`; on the engine's thread, once
};

/// Thread-safety: one thread, but `Stop`: any thread.
class SyncLoop {
 public:
  /// Lifetime: `mailbox` and `board` must outlive the loop.
  SyncLoop(const SyncPorts& ports, Mailbox& mailbox, SyncBoard& board, SyncOptions options);

  /// Does what is due and returns when it next wants to run, mail aside.
  Clock::Instant Step();

  /// The running exchange ends soon and no other begins.
  void Stop();

  /// Closes the channel and releases whoever waits. After the last Step.
  void Finish();

 private:
  [[nodiscard]] std::optional<std::chrono::milliseconds> EarlierSync(std::string_view hub) const;
  void TakeMail(Clock::Instant now);
  void OnFrame(const EventFrame& frame, Clock::Instant now);
  void OnHubIsThere(Clock::Instant now);
  void OnBeat(const EventFrame& frame, const SyncPosition& position);
  void OnChannelClosed(const HubFailure& failure, Clock::Instant now);
  void CheckClocks(Clock::Instant now);
  void Tick(Clock::Instant now);
  void NoteClock();
  void OfferSuspects(Clock::Instant now);
  void CheckLiveness();
  void Converse(Clock::Instant now);
  void Account(ExchangeKind kind, const Exchange& exchange);
  Exchange HelloDecides(ExchangeKind kind, Exchange exchange);
  void NoteSync();
  void KeepChannel(Clock::Instant now);
  [[nodiscard]] bool MayProbe(Clock::Instant now) const;
  void Post();
  [[nodiscard]] Clock::Instant NextWake() const;

  // Constant after construction.
  Replica& replica_;
  Clock& clock_;
  Mailbox& mailbox_;
  SyncBoard& board_;
  std::function<void()> on_hub_accepted_;

  HubCalls hub_;
  Syncer syncer_;
  SyncSession& session_;
  Pacer pacer_;
  ChannelKeeper channel_;
  SyncView view_;  // freshness and the counters live here; the rest is filled in by Post
  ClockReading last_reading_;
  Clock::Instant next_tick_{};
  Clock::Instant hello_at_{};
  Clock::Instant poll_at_{};
  Clock::Instant offer_at_{};
  std::string hub_build_;          // as the suspects were last offered to
  std::int64_t noted_offset_ = 0;  // of the hub's clock, as the notebook knows it
  std::uint64_t ticket_ = 0;       // pulls asked for so far
  std::uint64_t generation_ = 0;   // of the session, as the channel was told
  bool hello_is_fresh_ = false;    // the channel may open without another hello
  bool is_unflushed_ = false;
};

}  // namespace contextsync

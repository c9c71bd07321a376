// HubCalls: the four requests to the hub with their deadline, their latency on record, and the
// hub's clock and head read off every answer.

#pragma once

#include <atomic>

#include "core/ports/hub_link.h"
#include "core/sync/hub_clock.h"
#include "core/sync/replica.h"
#include "core/sync/sync_board.h"

namespace contextsync {

/// Thread-safety: one caller at a time, but `Stop`: any thread.
class HubCalls {
 public:
  /// Lifetime: all must outlive it.
  HubCalls(HubLink& link, Clock& clock, SyncBoard& board, Replica& replica)
      : link_(link), clock_(clock), board_(board), replica_(replica) {}

  HubReply<HelloResponse> Hello(const HelloRequest& request);
  HubReply<PushResponse> Push(const PushRequest& request);
  HubReply<ChangesPage> Changes(const ChangesRequest& request);
  HubReply<SnapshotPage> Snapshot(const SnapshotRequest& request);

  /// Takes a frame for the hub's word as of when it was emitted.
  void Hear(const EventFrame& frame);

  [[nodiscard]] const HubClock& hub_clock() const { return hub_clock_; }

  /// The last word of the hub, of an answer or of a frame. An answer is as old as the question: how
  /// long it was on its way nobody knows, and we may have been stopped meanwhile.
  [[nodiscard]] const HubWord& word() const { return word_; }

  /// What to add to our wall clock to have the hub's. Milliseconds.
  [[nodiscard]] std::int64_t WallOffset() const;

  /// Ends the running request soon and lets no other one begin.
  void Stop();

 private:
  template <typename Response, typename Call>
  HubReply<Response> Timed(Call call);
  void Note(HubWord word);

  HubLink& link_;
  Clock& clock_;
  SyncBoard& board_;
  Replica& replica_;
  HubClock hub_clock_;
  HubWord word_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace contextsync

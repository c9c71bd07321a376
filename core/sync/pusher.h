// Pusher: sends the journal to the hub, in order, one batch in flight. What arrives meanwhile rides
// in the next. Source: docs/sync_protocol.md#push

#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/sync/hub_calls.h"
#include "core/sync/replica.h"
#include "core/sync/sync_session.h"

namespace contextsync {

/// Thread-safety: none; lives on the engine's thread.
class Pusher {
 public:
  /// Lifetime: all references must outlive it.
  Pusher(Replica& replica, HubCalls& hub, SyncSession& session)
      : replica_(replica), hub_(hub), session_(session) {}

  /// Sends one batch. Clears `session.push` when the journal holds nothing that lacks the hub's
  /// word.
  Exchange Run();

 private:
  [[nodiscard]] std::size_t BatchEntries() const;
  Exchange OnFailure(HubFailure failure, std::size_t sent);
  Exchange OnAnswer(const PushResponse& response, const std::vector<PushEntry>& sent);
  void NoteSettled(const PushEffects& effects, const std::vector<PushEntry>& sent);
  bool Halve(std::size_t sent);

  Replica& replica_;
  HubCalls& hub_;
  SyncSession& session_;
  std::optional<std::size_t>
      halved_to_;  // entries of a batch, after batches that did not get through
  std::uint64_t failures_in_a_row_ = 0;     // of the present batch size
  std::optional<EntryNumber> resend_from_;  // the hub misses this one
};

}  // namespace contextsync

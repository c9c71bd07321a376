// JournalPusher: sends the journal to the hub, in order, one batch in flight. What arrives
// meanwhile rides in the next. Source: docs/sync_protocol.md#push

#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <vector>

#include "core/sync/hub_calls.h"
#include "core/sync/replica.h"
#include "core/sync/sync_session.h"

namespace contextsync {

/// Thread-safety: none; lives on the engine's thread.
class JournalPusher {
 public:
  /// Lifetime: all references must outlive it.
  JournalPusher(Replica& replica, HubCalls& hub, SyncSession& session)
      : replica_(replica), hub_(hub), session_(session) {}

  /// Sends one batch. Clears `session.push` when the journal holds nothing that lacks the hub's
  /// word.
  Exchange Run();

 private:
  using Entries = std::vector<PushEntry>;

  [[nodiscard]] std::size_t BatchEntries() const;
  Exchange OnFailure(HubFailure failure, const Entries& sent);
  Exchange OnAnswer(const PushResponse& response, const Entries& sent);
  Exchange OnSkew(EntryNumber from);
  void NoteSettled(const PushEffects& effects, const Entries& sent);
  void OnServerFailure(const Entries& sent);
  bool Halve(const Entries& sent);
  void Grow(const Entries& sent);
  Result<bool> GiveUpSuspect(const Entries& next);
  void SetApart(Entries& next) const;
  [[nodiscard]] bool WasSuspect(const PushEntry& entry) const;

  Replica& replica_;
  HubCalls& hub_;
  SyncSession& session_;
  std::optional<std::size_t>
      halved_to_;               // entries of a batch, after batches that did not get through …
  EntryNumber halved_through_;  // … of which this was the last entry
  std::uint64_t failures_in_a_row_ = 0;     // of batches that begin with the same entry
  std::optional<EntryNumber> resend_from_;  // the hub misses this one

  /// An entry that fails by itself; given up when the hub has answered a hello since.
  struct Suspect {
    EntryId id;
    std::uint64_t greetings = 0;
  };
  std::optional<Suspect> suspect_;
  // Given up before in this process: each is tried alone, so that it cannot hold up the others
  // twice. As few as there are parked entries.
  std::set<EntryId> given_up_;
};

}  // namespace contextsync

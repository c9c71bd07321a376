// SyncEngine: synchronisation as the rest of the program sees it. Calls of other threads leave mail
// for the loop and wait at the board; whoever drives `Step` does the work: RetryService in
// production, a simulator under virtual time.

#pragma once

#include <cstdint>
#include <stop_token>

#include "core/sync/mailbox.h"
#include "core/sync/sync_board.h"
#include "core/sync/sync_gate.h"
#include "core/sync/sync_loop.h"

namespace contextsync {

/// What one SyncNow achieved.
struct SyncOutcome {
  bool complete = false;     // pulled to the head, and the hub has answered every entry
  std::uint64_t pushed = 0;  // entries
  std::uint64_t pulled = 0;  // feed items
};

/// Thread-safety: any thread, but `Step` and `Finish`: one driver.
class SyncEngine final : public SyncGate {
 public:
  SyncEngine(const SyncPorts& ports, SyncOptions options);

  void BeforeCall(Clock::Instant deadline, bool force) override;
  void AfterWrite(EntryNumber last, Clock::Instant deadline) override;
  [[nodiscard]] bool IsConfirmed(EntryNumber n) const override;
  [[nodiscard]] SyncStatus Status() const override;

  /// Something was journalled: push soon. Never waits.
  void NoteWrite() { mailbox_.RequestPush(); }

  /// Tries the hub at once, whatever the retry timer says: new credentials, another network. Never
  /// waits.
  void TryNow() { mailbox_.Kick(); }

  /// A person said that this hub is the notebook's from now on, whatever history it has: tries it
  /// at once. Never waits.
  void AdoptHub() { mailbox_.AdoptHub(); }

  /// Pulls and pushes now, whatever the retry timer says, and waits for the end of it.
  SyncOutcome SyncNow(Clock::Instant deadline);

  /// The last push of a process that ends. Returns whether the hub has answered everything.
  bool Flush(Clock::Instant deadline);

  /// Does what is due and returns when it next wants to run; mail may make it earlier.
  Clock::Instant Step() { return loop_.Step(); }

  /// Waits for mail, until `deadline` or `stop`.
  void WaitForWork(Clock::Instant deadline, const std::stop_token& stop) {
    mailbox_.WaitUntil(deadline, stop);
  }

  /// Makes a running Step return soon; later ones do not talk to the hub.
  void Stop() { loop_.Stop(); }

  /// After the last Step: closes the channel and releases everyone who waits.
  void Finish() { loop_.Finish(); }

 private:
  bool WaitSettled(EntryNumber last, Clock::Instant deadline);
  [[nodiscard]] EntryNumber LastWritten() const;

  Replica& replica_;
  Clock& clock_;
  Mailbox mailbox_;
  SyncBoard board_;
  SyncLoop loop_;
};

}  // namespace contextsync

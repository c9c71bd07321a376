// FakeReplica: a journal and a cursor without documents, that notes what is done to it.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/sync/replica.h"

namespace contextsync {

/// Thread-safety: any thread.
class FakeReplica final : public Replica {
 public:
  FakeReplica();

  // ── the test's side ──

  /// Journals one entry; returns its number.
  EntryNumber Write();

  /// The next call that stores something fails with this.
  void FailNext(ErrorCode code) { next_error_ = Error(code, "injected"); }

  /// Pretends to have synced up to `cursor`.
  void MoveTo(HubSequence cursor);

  /// Drops the first unsent entry, as a lost tail of the journal would.
  void LoseFirstEntry() { journal_.pop_front(); }

  /// A process before this one synced with the hub at `address`.
  void SyncedWith(std::string address, UnixMillis when) {
    position_.hub = std::move(address);
    position_.last_sync_at = when;
  }

  void set_epoch(Epoch epoch) { position_.claim.epoch = std::move(epoch); }
  void set_rebuild(std::vector<ContextRef> contexts) { rebuild_next_ = std::move(contexts); }
  /// A rebuild of `context` was begun by an earlier process.
  void MarkRebuild(const ContextRef& context) { position_.rebuild.push_back(context); }
  void set_forked() { forked_next_ = true; }

  std::optional<HubWord> word;
  std::vector<HubSequence> applied;
  std::vector<ContextRef> rebuilt;
  std::vector<std::size_t> adopted_pages;    // pages of each AdoptEpoch
  std::vector<std::size_t> installed_pages;  // pages of each InstallSnapshot
  std::size_t parked = 0;
  std::size_t new_devices = 0;
  std::size_t flushes = 0;
  std::int64_t clock_offset_ms = 0;
  std::vector<RestampOrder> restamped;
  std::vector<std::pair<EntryNumber, std::string>> given_up;
  std::vector<bool> offers;  // of suspects: all of them or those that are due

  // ── Replica ──
  [[nodiscard]] SyncPosition Position() const override;
  void HubSpoke(const HubWord& spoken) override { word = spoken; }
  Result<std::vector<PushEntry>> NextPush(std::size_t max_entries,
                                          std::size_t max_bytes) const override;
  Result<PushEffects> NoteResults(const PushResponse& response) override;
  Result<PageEffects> ApplyPage(const ChangesPage& page) override;
  Status InstallContext(const ContextRef& context, const SnapshotPage& page) override;
  Status AdoptEpoch(const HelloResponse& hello, const std::vector<SnapshotPage>& snapshot) override;
  Status InstallSnapshot(const std::vector<SnapshotPage>& snapshot) override;
  Result<std::vector<ContextRef>> ContextsToRestamp(EntryNumber from) const override;
  Status Restamp(const RestampOrder& order) override;
  Status GiveUp(EntryNumber n, std::string_view code) override;
  Result<std::size_t> OfferSuspects(bool all) override;
  Status TakeNewDevice() override;
  Status NoteHub(HubSequence head, HubSequence gc_floor, std::int64_t offset_ms) override;
  Status Flush() override;

 private:
  Status TakeError();
  void Renumber(EntryNumber first);
  void NoteResult(const PushResult& result, PushEffects& effects);

  mutable std::mutex mu_;
  SyncPosition position_;
  std::deque<PushEntry> journal_;  // without outcome
  std::uint64_t ids_ = 0;
  std::optional<Error> next_error_;
  std::vector<ContextRef> rebuild_next_;
  bool forked_next_ = false;
};

}  // namespace contextsync

// NotebookReplica: the notebook as synchronisation sees it.

#pragma once

#include <vector>

#include "core/notebook/notebook.h"
#include "core/sync/replica.h"

namespace contextsync {

/// Lifetime: the notebook must outlive it.
class NotebookReplica final : public Replica {
 public:
  explicit NotebookReplica(Notebook& notebook) : notebook_(notebook) {}

  [[nodiscard]] SyncPosition Position() const override;
  void HubSpoke(const HubWord& word) override;
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
  Status NoteHub(HubSequence head, HubSequence gc_floor, std::int64_t clock_offset_ms) override;
  Status Flush() override;

 private:
  Notebook& notebook_;
};

}  // namespace contextsync

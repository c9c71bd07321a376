#include "core/sync/notebook_replica.h"

namespace contextsync {

SyncPosition NotebookReplica::Position() const {
  return notebook_.Position();
}

void NotebookReplica::HubSpoke(const HubWord& word) {
  notebook_.HubSpoke(word);
}

Result<std::vector<PushEntry>> NotebookReplica::NextPush(std::size_t max_entries,
                                                         std::size_t max_bytes) const {
  return notebook_.NextPush(max_entries, max_bytes);
}

Result<PushEffects> NotebookReplica::NoteResults(const PushResponse& response) {
  return notebook_.NoteResults(response);
}

Result<PageEffects> NotebookReplica::ApplyPage(const ChangesPage& page) {
  return notebook_.ApplyPage(page);
}

Status NotebookReplica::InstallContext(const ContextRef& context, const SnapshotPage& page) {
  return notebook_.InstallContext(context, page);
}

Status NotebookReplica::AdoptEpoch(const HelloResponse& hello,
                                   const std::vector<SnapshotPage>& snapshot) {
  return notebook_.AdoptEpoch(hello, snapshot);
}

Status NotebookReplica::InstallSnapshot(const std::vector<SnapshotPage>& snapshot) {
  return notebook_.InstallSnapshot(snapshot);
}

Result<std::vector<ContextRef>> NotebookReplica::ContextsToRestamp(EntryNumber from) const {
  return notebook_.ContextsToRestamp(from);
}

Status NotebookReplica::Restamp(const RestampOrder& order) {
  return notebook_.Restamp(order);
}

Status NotebookReplica::GiveUp(EntryNumber n, std::string_view code) {
  return notebook_.GiveUp(n, code);
}

Result<std::size_t> NotebookReplica::OfferSuspects(bool all) {
  return notebook_.OfferSuspects(all);
}

Status NotebookReplica::TakeNewDevice() {
  return notebook_.TakeNewDevice();
}

Status NotebookReplica::NoteHub(HubSequence head, HubSequence gc_floor,
                                std::int64_t clock_offset_ms) {
  return notebook_.NoteHub(head, gc_floor, clock_offset_ms);
}

Status NotebookReplica::Flush() {
  return notebook_.Flush();
}

}  // namespace contextsync

// Replica: what synchronisation needs of the notebook. Narrow, so that the whole protocol can be
// tested against a scripted journal and every local error.

#pragma once

#include <string_view>
#include <vector>

#include "core/notebook/hub_word.h"
#include "core/notebook/requests.h"
#include "core/ports/hub_messages.h"

namespace contextsync {

/// The meaning of each call is Notebook's (core/notebook/notebook.h).
/// Thread-safety: `Position`: any thread. The rest: one thread at a time, beside the writers of the
/// notebook.
class Replica {
 public:
  virtual ~Replica() = default;

  [[nodiscard]] virtual SyncPosition Position() const = 0;
  virtual void HubSpoke(const HubWord& word) = 0;
  virtual Result<std::vector<PushEntry>> NextPush(std::size_t max_entries,
                                                  std::size_t max_bytes) const = 0;
  virtual Result<PushEffects> NoteResults(const PushResponse& response) = 0;
  virtual Result<PageEffects> ApplyPage(const ChangesPage& page) = 0;
  virtual Status InstallContext(const ContextRef& context, const SnapshotPage& page) = 0;
  virtual Status AdoptEpoch(const HelloResponse& hello,
                            const std::vector<SnapshotPage>& snapshot) = 0;
  virtual Status InstallSnapshot(const std::vector<SnapshotPage>& snapshot) = 0;
  virtual Result<std::vector<ContextRef>> ContextsToRestamp(EntryNumber from) const = 0;
  virtual Status Restamp(const RestampOrder& order) = 0;
  virtual Status GiveUp(EntryNumber n, std::string_view code) = 0;
  virtual Result<std::size_t> OfferSuspects(bool all) = 0;
  virtual Status TakeNewDevice() = 0;
  virtual Status NoteHub(HubSequence head, HubSequence gc_floor, std::int64_t clock_offset_ms) = 0;
  virtual Status Flush() = 0;
};

}  // namespace contextsync

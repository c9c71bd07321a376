#include "core/notebook/opening.h"

#include <algorithm>
#include <utility>

#include "core/base/failpoint.h"
#include "core/base/log.h"
#include "core/notebook/changeset.h"
#include "core/notebook/document_cache.h"
#include "core/notebook/fork.h"
#include "core/notebook/hybrid_clock.h"
#include "core/notebook/install.h"
#include "core/notebook/journal.h"
#include "core/notebook/search_index.h"
#include "core/notebook/tables.h"

namespace contextsync {

namespace {

Meta NewMeta(const WorkspaceId& workspace, Random& random) {
  Meta meta;
  meta.workspace = workspace;
  meta.device = MintDevice(random);
  return meta;
}

/// The journal must hold every entry that waits for the hub's word, and the clock must be past all
/// of them: a hole would be a lost write, an old clock would mint a stamp twice.
Status CheckJournal(const TableReader& tables, const Meta& meta) {
  Status fault;
  EntryNumber expected = meta.acked_n.Next();
  const auto check = [&](const JournalEntry& entry) {
    if (!entry.outcome && entry.push.n > meta.acked_n && entry.push.n != expected) {
      fault = Error(ErrorCode::kCorruption,
                    "the journal lacks entry " + std::to_string(expected.value));
    } else if (entry.push.n >= meta.next_n) {
      fault = Error(ErrorCode::kCorruption, "the journal holds an entry that was never numbered");
    } else if (entry.push.hlc > meta.hlc) {
      fault = Error(ErrorCode::kCorruption, "the notebook's clock stands before its own entries");
    }
    if (entry.push.n >= expected) expected = entry.push.n.Next();
    return fault.ok();
  };
  CONTEXTSYNC_RETURN_IF_ERROR(
      journal::ForEach(tables, EntryNumber(0), EntryNumber(~std::uint64_t{0}), check));
  CONTEXTSYNC_RETURN_IF_ERROR(std::move(fault));
  if (expected < meta.next_n)
    return Error(ErrorCode::kCorruption,
                 "the journal lacks entry " + std::to_string(expected.value));
  return {};
}

/// True when the mark proves that own entries are missing. The cursor alone proves nothing: pages
/// are not fsynced.
bool IsTailLost(const Meta& meta, const WaterMark& mark) {
  // A number alone may be ahead after renumbering; every entry also moved the clock.
  return mark.next_n > meta.next_n && mark.hlc > meta.hlc;
}

Status Recover(Changeset& changes, const WaterMark& mark, Clock& clock, Random& random) {
  Recovery recovery;
  recovery.at = clock.WallMillis();
  recovery.lost_from = changes.meta().next_n;
  recovery.lost_to = EntryNumber(mark.next_n.value - 1);
  recovery.message = "The end of the notebook was lost. What the hub had is pulled again.";
  CONTEXTSYNC_LOG(kWarning, "notebook tail lost",
                  {{"from", recovery.lost_from.value}, {"to", recovery.lost_to.value}});
  changes.meta().recovery = std::move(recovery);
  return TakeNewDevice(changes, random);
}

}  // namespace

Result<Meta> OpenMeta(TableStore& store, HighWaterMark& mark, Clock& clock, Random& random,
                      const WorkspaceId& workspace) {
  const StoreReader tables(store);
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto stored,
                               GetRecord<Meta>(tables, tables::kMeta, keys::MetaRecord()));
  if (stored && stored->workspace != workspace)
    return Error(ErrorCode::kInvalidArgument, "this notebook belongs to another workspace");
  const Meta meta = stored ? *stored : NewMeta(workspace, random);
  CONTEXTSYNC_RETURN_IF_ERROR(CheckJournal(tables, meta));
  PassFailpoint(Failpoint::kOpenJournalChecked);

  const DocumentCache documents(tables, 0);
  Changeset changes(tables, documents, meta);
  if (const auto last = mark.Load()) {
    // A mark that is ahead by its clock alone is from before a restamping, which set the clock
    // back.
    if (IsTailLost(meta, *last)) {
      CONTEXTSYNC_RETURN_IF_ERROR(Recover(changes, *last, clock, random));
      Receive(changes.meta(), last->hlc);  // its stamps may be at the hub: never mint them again
    }
  }
  CONTEXTSYNC_RETURN_IF_ERROR(DropOtherGenerations(store, meta.generation));
  CONTEXTSYNC_RETURN_IF_ERROR(EnsureIndex(changes));
  if (stored && changes.meta() == *stored && changes.tables().empty()) return meta;
  TableBatch batch = changes.TakeBatch();
  batch.Put(tables::kMeta, keys::MetaRecord(), Encode(changes.meta()));
  CONTEXTSYNC_RETURN_IF_ERROR(store.Write(batch, Durability::kSynced));
  PassFailpoint(Failpoint::kOpenMetaWritten);
  CONTEXTSYNC_RETURN_IF_ERROR(
      mark.Store({changes.meta().next_n, changes.meta().hlc, changes.meta().cursor}));
  return changes.meta();
}

}  // namespace contextsync

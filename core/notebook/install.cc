#include "core/notebook/install.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/base/failpoint.h"
#include "core/notebook/changes_index.h"
#include "core/notebook/conflict_table.h"
#include "core/notebook/containment.h"
#include "core/notebook/history_keep.h"
#include "core/notebook/hybrid_clock.h"
#include "core/notebook/journal.h"
#include "core/notebook/purging.h"
#include "core/notebook/restamp.h"
#include "core/notebook/tables.h"
#include "core/ports/protocol_mutant.h"

namespace contextsync {

namespace {

// One batch of a snapshot: large enough to be quick, small enough not to hold a workspace in memory
// twice.
constexpr std::size_t kContextsPerBatch = 256;

constexpr std::size_t kRowsPerDrop = 20'000;

constexpr TableId kGenerationTables[] = {tables::kDocuments, tables::kConflicts, tables::kUpdated,
                                         tables::kChildren, tables::kSearch};

Error Stale() {
  return {ErrorCode::kConflict, "the snapshot is older than what this notebook holds"};
}

/// A source without documents: a new generation starts empty.
class NoDocuments : public DocumentSource {
 public:
  [[nodiscard]] Result<DocumentPtr> Find(const ContextRef&) const override { return DocumentPtr{}; }
};

/// The hub's copy with own unnumbered entries joined, described as the hub does where nothing own
/// is on top.
Result<Document> Rebuilt(const Changeset& changes, const ContextRef& ref,
                         const ContextSnapshot* hub, const Document& before, HubSequence asof) {
  State state = hub == nullptr ? State{} : hub->state;
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto purges, purging::Kept(changes.tables(), ref));
  ApplyPurges(state, purges);
  CONTEXTSYNC_RETURN_IF_ERROR(journal::JoinEntries(
      changes.tables(), ref,
      [](const JournalEntry& entry) {
        return !entry.outcome && !MutantActive(ProtocolMutant::kPendingLostInRebuild);
      },
      state));
  Document document;
  document.header = before.header;
  DocumentHeader& header = document.header;
  header.asof = asof;
  header.rev = hub == nullptr ? HubSequence() : hub->rev;
  CONTEXTSYNC_ASSIGN_OR_RETURN(header.unnumbered, journal::CountUnnumbered(changes.tables(), ref));
  header.unnumbered += header.parked;
  if (!(state == *before.state)) header.aliases.clear();
  if (header.unnumbered == 0 && hub != nullptr) {
    header.updated_at = hub->updated_at;
    header.updated_by = hub->updated_by;
    header.author.clear();
  }
  SetState(document, std::move(state));
  CONTEXTSYNC_RETURN_IF_ERROR(LayParkedOver(changes.tables(), ref, document));
  return document;
}

/// The records that tell what the hub left out of a trimmed entry must be here before the entry
/// goes. Below the floor they may be closed and forgotten: then somebody has decided long ago.
Result<bool> RecordsCameAlong(const Changeset& changes, const JournalEntry& entry,
                              const std::vector<ConflictRecord>& brought) {
  if (entry.outcome->seq < changes.meta().gc_floor) return true;
  for (const auto& id : entry.outcome->conflicts) {
    const bool came = std::any_of(brought.begin(), brought.end(),
                                  [&id](const ConflictRecord& record) { return record.id == id; });
    if (came) continue;
    CONTEXTSYNC_ASSIGN_OR_RETURN(
        const auto known, conflict_table::Find(changes.tables(), changes.meta().generation, id));
    if (!known) return false;
  }
  return true;
}

/// Takes out the entries of `ref` whose items are contained in a copy as of `asof`.
Status RemoveNumbered(Changeset& changes, const ContextRef& ref, HubSequence asof,
                      const std::vector<ConflictRecord>& brought) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto entries, journal::EntriesOf(changes.tables(), ref));
  for (JournalEntry& entry : entries) {
    if (!entry.outcome) continue;
    if (entry.outcome->seq > asof) return Stale();
    if (entry.outcome->is_trimmed) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(const bool came, RecordsCameAlong(changes, entry, brought));
      if (!came)
        return Error(ErrorCode::kConflict, "the record of what the hub left out is missing");
    }
    if (entry.push.n > changes.meta().acked_n) {
      // One before it has no word of the hub yet, and the journal has no holes: it goes with that.
      entry.outcome->is_trimmed = false;
      journal::Update(changes, entry);
    } else {
      journal::Remove(changes, entry);
    }
  }
  return {};
}

Status PutRecords(Changeset& changes, const std::vector<ConflictRecord>& records) {
  for (const auto& record : records)
    CONTEXTSYNC_RETURN_IF_ERROR(conflict_table::Put(changes, record));
  return {};
}

/// Drops the first rows of `prefix`; false when there were none.
Result<bool> DropSome(TableStore& store, TableId table, const std::string& prefix) {
  TableBatch batch;
  CONTEXTSYNC_RETURN_IF_ERROR(
      store.Scan(table, PrefixRange(prefix), [&](std::string_view key, std::string_view) {
        batch.Delete(table, std::string(key));
        return batch.operations().size() < kRowsPerDrop;
      }));
  if (batch.empty()) return false;
  CONTEXTSYNC_RETURN_IF_ERROR(store.Write(batch, Durability::kBuffered));
  return true;
}

Status DropPrefix(TableStore& store, TableId table, const std::string& prefix) {
  for (;;) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const bool is_more, DropSome(store, table, prefix));
    if (!is_more) return {};
  }
}

/// Writes a new generation batch by batch; nothing of it shows before the switch.
class SnapshotInstaller {
 public:
  SnapshotInstaller(Changeset& changes, TableStore& store, const Clock& clock,
                    const std::vector<SnapshotPage>& pages)
      : changes_(changes), store_(store), clock_(clock), reader_(store), pages_(pages) {}

  Status Run() {
    CONTEXTSYNC_RETURN_IF_ERROR(CheckFresh());
    CONTEXTSYNC_RETURN_IF_ERROR(DropOtherGenerations(store_, changes_.meta().generation));
    for (const auto& page : pages_)
      Receive(changes_.meta(), page.hlc);
    CONTEXTSYNC_RETURN_IF_ERROR(ReissueForgotten(changes_, start(), clock_));
    CONTEXTSYNC_RETURN_IF_ERROR(RemoveContainedEntries());
    next_ = changes_.meta();
    next_.generation = static_cast<keys::Generation>(1 - next_.generation);
    next_.contexts = next_.bytes = next_.conflicts_open = next_.conflicts_total = 0;
    CONTEXTSYNC_RETURN_IF_ERROR(WriteContexts());
    CONTEXTSYNC_RETURN_IF_ERROR(WriteRecords());
    return Switch();
  }

 private:
  [[nodiscard]] HubSequence start() const { return pages_.front().start; }

  Status CheckFresh() const {
    if (pages_.empty())
      return Error(ErrorCode::kInvalidArgument, "a snapshot has at least one page");
    const Meta& meta = changes_.meta();
    const bool is_other_epoch =
        std::any_of(pages_.begin(), pages_.end(), [&meta](const SnapshotPage& page) {
          return !page.epoch.empty() && page.epoch != meta.epoch;
        });
    if (is_other_epoch || start() < meta.cursor || start() < meta.known) return Stale();
    return {};
  }

  Status RemoveContainedEntries() {
    std::vector<ConflictRecord> brought;
    for (const auto& page : pages_) {
      brought.insert(brought.end(), page.conflicts.begin(), page.conflicts.end());
      for (const auto& context : page.contexts)
        hub_[context.context] = &context;
    }
    const Meta& meta = changes_.meta();
    const auto collect = [&](const JournalEntry& entry) {
      own_.insert(entry.push.context);
      return true;
    };
    CONTEXTSYNC_RETURN_IF_ERROR(
        journal::ForEach(changes_.tables(), meta.first_n, meta.next_n, collect));
    for (const auto& ref : own_)
      CONTEXTSYNC_RETURN_IF_ERROR(RemoveNumbered(changes_, ref, AsOf(ref), brought));
    for (const auto& [ref, context] : hub_)
      CONTEXTSYNC_RETURN_IF_ERROR(purging::TakeOutAll(changes_, ref, context->purges));
    CONTEXTSYNC_RETURN_IF_ERROR(CollectParked());
    return journal::Tidy(changes_);
  }

  Status CollectParked() {
    Status decoded;
    const auto collect = [&](std::string_view, std::string_view value) {
      auto parked = Decode<ParkedEntry>(value);
      if (parked.ok()) {
        own_.insert(parked.value().entry.push.context);
      } else {
        decoded = std::move(parked).error();
      }
      return decoded.ok();
    };
    CONTEXTSYNC_RETURN_IF_ERROR(
        changes_.tables().Scan(tables::kParked, PrefixRange(keys::AllParked()), collect));
    return decoded;
  }

  [[nodiscard]] HubSequence AsOf(const ContextRef& ref) const {
    const auto found = hub_.find(ref);
    return found == hub_.end() ? start() : std::max(start(), found->second->asof);
  }

  Status WriteContexts() {
    std::vector<ContextRef> refs;
    for (const auto& [ref, context] : hub_)
      refs.push_back(ref);
    for (const auto& ref : own_) {
      if (!hub_.contains(ref)) refs.push_back(ref);
    }
    for (std::size_t at = 0; at < refs.size(); at += kContextsPerBatch) {
      const auto first = refs.begin() + static_cast<std::ptrdiff_t>(at);
      const auto count = std::min(kContextsPerBatch, refs.size() - at);
      CONTEXTSYNC_RETURN_IF_ERROR(WriteBatch({first, first + static_cast<std::ptrdiff_t>(count)}));
    }
    return {};
  }

  Status WriteBatch(const std::vector<ContextRef>& refs) {
    Changeset batch(reader_, nothing_, next_);
    for (const auto& ref : refs) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(Document before, changes_.FindOrEmpty(ref));
      const auto found = hub_.find(ref);
      // The entries are read through `changes_`, which no longer holds the contained ones.
      CONTEXTSYNC_ASSIGN_OR_RETURN(
          Document document,
          Rebuilt(changes_, ref, found == hub_.end() ? nullptr : found->second, before, AsOf(ref)));
      document.header.cell_bytes = 0;  // counts start from nothing in this generation
      const ContextSnapshot* const hub = found == hub_.end() ? nullptr : found->second;
      // What was not changed meanwhile has all its versions here.
      const bool is_unbroken = hub == nullptr || (hub->rev <= changes_.meta().cursor &&
                                                  *document.state == *before.state);
      if (!is_unbroken)
        history::BeginAt(batch.tables(), ref, hub->rev, hub->state, document.header);
      CONTEXTSYNC_RETURN_IF_ERROR(batch.Put(ref, std::move(document)));
    }
    const TableBatch written = batch.TakeBatch();
    next_ = batch.meta();
    CONTEXTSYNC_RETURN_IF_ERROR(store_.Write(written, Durability::kBuffered));
    PassFailpoint(Failpoint::kSnapshotContextsWritten);
    return {};
  }

  Status WriteRecords() {
    Changeset batch(reader_, nothing_, next_);
    for (const auto& page : pages_)
      CONTEXTSYNC_RETURN_IF_ERROR(PutRecords(batch, page.conflicts));
    const TableBatch written = batch.TakeBatch();
    next_ = batch.meta();
    return written.empty() ? Status() : store_.Write(written, Durability::kBuffered);
  }

  Status Switch() {
    for (const auto& page : pages_)
      next_.head = std::max(next_.head, page.head);
    next_.cursor = start();
    next_.check = pages_.front().check;
    NoteKnown(next_, next_.cursor, next_.check);
    changes_.meta() = next_;
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto marked, MarkedRebuilds(changes_.tables()));
    for (const auto& ref : marked)
      ClearRebuild(changes_, ref);
    return changes_index::ForgetFeed(changes_, start());
  }

  Changeset& changes_;
  TableStore& store_;
  const Clock& clock_;
  const StoreReader reader_;
  const NoDocuments nothing_;
  const std::vector<SnapshotPage>& pages_;
  std::map<ContextRef, const ContextSnapshot*> hub_;
  std::set<ContextRef> own_;  // contexts with own entries, journalled or parked
  Meta next_;
};

}  // namespace

Status InstallContext(Changeset& changes, const ContextRef& ref, const SnapshotPage& page) {
  Meta& meta = changes.meta();
  const ContextSnapshot* const hub = page.contexts.empty() ? nullptr : &page.contexts.front();
  if (page.contexts.size() > 1 || (hub != nullptr && hub->context != ref))
    return Error(ErrorCode::kInvalidArgument, "the answer is about another context");
  if (!page.epoch.empty() && page.epoch != meta.epoch) return Stale();
  const HubSequence asof = hub == nullptr ? page.start : hub->asof;
  CONTEXTSYNC_ASSIGN_OR_RETURN(const Document before, changes.FindOrEmpty(ref));
  if (asof < meta.cursor || asof < before.header.asof) return Stale();

  CONTEXTSYNC_RETURN_IF_ERROR(RemoveNumbered(changes, ref, asof, page.conflicts));
  if (hub != nullptr) CONTEXTSYNC_RETURN_IF_ERROR(purging::TakeOutAll(changes, ref, hub->purges));
  CONTEXTSYNC_ASSIGN_OR_RETURN(Document document, Rebuilt(changes, ref, hub, before, asof));
  CONTEXTSYNC_RETURN_IF_ERROR(changes.Put(ref, std::move(document)));
  CONTEXTSYNC_RETURN_IF_ERROR(PutRecords(changes, page.conflicts));
  Receive(meta, page.hlc);
  meta.head = std::max(meta.head, page.head);
  NoteKnown(meta, page.start, page.check);
  ClearRebuild(changes, ref);
  return journal::Tidy(changes);
}

Status InstallSnapshot(Changeset& changes, TableStore& store, const Clock& clock,
                       const std::vector<SnapshotPage>& pages) {
  return SnapshotInstaller(changes, store, clock, pages).Run();
}

Status DropOtherGenerations(TableStore& store, keys::Generation in_force) {
  const auto other = static_cast<keys::Generation>(1 - in_force);
  for (const TableId table : kGenerationTables) {
    CONTEXTSYNC_RETURN_IF_ERROR(DropPrefix(store, table, keys::OfGeneration(other)));
    PassFailpoint(Failpoint::kOpenGenerationDropped);
  }
  return {};
}

}  // namespace contextsync

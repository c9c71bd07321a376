#include "core/notebook/salvage.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/document/codec.h"
#include "core/document/join.h"
#include "core/document/purge.h"
#include "core/notebook/changeset.h"
#include "core/notebook/hybrid_clock.h"
#include "core/notebook/journal.h"
#include "core/notebook/purging.h"
#include "core/notebook/tables.h"

namespace contextsync {

namespace {

/// What stands below the new rows: the history, which stays as it is but for what was purged.
class OnlyHistory final : public TableReader {
 public:
  explicit OnlyHistory(const TableReader& old) : old_(old) {}

  Result<std::optional<std::string>> Get(TableId table, std::string_view key) const override {
    return table == tables::kHistory ? old_.Get(table, key) : std::optional<std::string>();
  }
  Status Scan(TableId table, const KeyRange& range,
              const TableStore::Visitor& visit) const override {
    return table == tables::kHistory ? old_.Scan(table, range, visit) : Status();
  }

 private:
  const TableReader& old_;
};

class NoDocuments final : public DocumentSource {
 public:
  [[nodiscard]] Result<DocumentPtr> Find(const ContextRef&) const override { return DocumentPtr(); }
};

struct Remains {
  std::optional<DocumentHeader> header;
  State state;
};

class Salvager {
 public:
  explicit Salvager(const SalvageSource& source) : source_(source), old_(source.store) {}

  Result<SalvageReport> Run() {
    CONTEXTSYNC_RETURN_IF_ERROR(ReadMeta());
    if (!meta_.workspace.empty() && meta_.workspace != source_.workspace)
      return Error(ErrorCode::kInvalidArgument, "this notebook belongs to another workspace");
    CONTEXTSYNC_RETURN_IF_ERROR(ReadDocuments());
    CONTEXTSYNC_RETURN_IF_ERROR(ReadEntries());
    CONTEXTSYNC_RETURN_IF_ERROR(ReadParked());
    CONTEXTSYNC_RETURN_IF_ERROR(ReadOperations());
    return Write();
  }

 private:
  /// Calls `take` with every row of a table; the row goes, unless it is written again.
  Status Take(TableId table, const std::function<void(std::string_view, std::string_view)>& take) {
    return old_.Scan(table, {}, [&](std::string_view key, std::string_view value) {
      gone_.Delete(table, std::string(key));
      take(key, value);
      return true;
    });
  }

  /// The record, or nothing and one more damaged row.
  template <typename T>
  std::optional<T> DecodeOrCount(std::string_view value) {
    Result<T> record = Decode<T>(value);
    if (record.ok()) return std::move(record).value();
    ++report_.damaged;
    return std::nullopt;
  }

  // ── what is there ──

  Status ReadMeta() {
    return Take(tables::kMeta, [this](std::string_view key, std::string_view value) {
      if (key == keys::MetaRecord()) {
        if (auto meta = DecodeOrCount<Meta>(value)) meta_ = std::move(*meta);
      } else if (key == keys::ScrubMark()) {
        marks_.emplace(key, value);
      } else if (const auto purged = keys::ParsePurges(key)) {
        ReadPurges(*purged, value);
      } else if (key.starts_with(keys::RebuildMarks())) {
        KeepRebuild(key, value);
      }
    });
  }

  void ReadPurges(const ContextRef& ref, std::string_view value) {
    Result<std::vector<Purge>> purges = DecodePurges(value);
    if (!purges.ok()) {
      ++report_.damaged;
      return;
    }
    purges_[ref] = std::move(purges).value();
  }

  /// What was refused stays in the cells until the rebuild that is due, and must not come in with
  /// the repair after all.
  void KeepRebuild(std::string_view key, std::string_view value) {
    if (value.empty() || DecodeState(value).ok()) {
      marks_.emplace(key, value);
    } else {
      ++report_.damaged;
    }
  }

  Status ReadDocuments() {
    // Without its record nobody knows which copy of the contexts was in force: all are joined.
    return Take(tables::kDocuments, [this](std::string_view key, std::string_view value) {
      if (key.empty()) return;
      const auto generation = static_cast<keys::Generation>(key.front());
      const auto ref = keys::ParseHeader(key);  // cells have keys of the same form
      if (!ref || (!meta_.workspace.empty() && generation != meta_.generation)) return;
      Remains& remains = contexts_[*ref];
      if (key == keys::Header(generation, *ref)) {
        if (auto header = DecodeOrCount<DocumentHeader>(value)) remains.header = std::move(*header);
      } else if (auto state = DecodeState(value); state.ok()) {
        Join(remains.state, state.value());
      } else {
        ++report_.damaged;
      }
    });
  }

  Status ReadEntries() {
    return Take(tables::kJournal, [this](std::string_view key, std::string_view value) {
      if (!key.starts_with(keys::Entries())) return;
      auto entry = DecodeOrCount<JournalEntry>(value);
      if (!entry) return;
      auto delta = entry->DecodeDelta();
      if (!delta.ok()) {
        ++report_.damaged;
        return;
      }
      Join(contexts_[entry->push.context].state, delta.value());
      entries_.push_back(std::move(*entry));
    });
  }

  Status ReadParked() {
    return Take(tables::kParked, [this](std::string_view key, std::string_view value) {
      if (!key.starts_with(keys::AllParked())) return;
      auto parked = DecodeOrCount<ParkedEntry>(value);
      if (!parked) return;
      contexts_[parked->entry.push.context];
      parked_.push_back(std::move(*parked));
    });
  }

  Status ReadOperations() {
    return Take(tables::kOperations, [this](std::string_view key, std::string_view value) {
      if (key.starts_with(keys::OperationAges())) return;
      const auto record = DecodeOrCount<OperationRecord>(value);
      if (record) operations_.emplace(key.substr(1), std::make_pair(record->at, value));
    });
  }

  Status DropWhatIsBuiltAnew() {
    for (const TableId table :
         {tables::kUpdated, tables::kChildren, tables::kConflicts, tables::kSearch})
      CONTEXTSYNC_RETURN_IF_ERROR(Take(table, [](std::string_view, std::string_view) {}));
    return {};
  }

  // ── what is made of it ──

  Result<SalvageReport> Write() {
    CONTEXTSYNC_RETURN_IF_ERROR(DropWhatIsBuiltAnew());
    const OnlyHistory history(old_);
    const NoDocuments no_documents;
    Changeset changes(history, no_documents, NewMeta());
    for (const auto& [key, value] : marks_)
      changes.tables().Put(tables::kMeta, key, value);
    CONTEXTSYNC_RETURN_IF_ERROR(WriteEntries(changes));
    WriteParked(changes);
    CONTEXTSYNC_RETURN_IF_ERROR(TakeOutPurged(changes));
    CONTEXTSYNC_RETURN_IF_ERROR(WriteDocuments(changes));
    for (const auto& [op_id, record] : operations_) {
      changes.tables().Put(tables::kOperations, keys::Operation(op_id), record.second);
      changes.tables().Put(tables::kOperations, keys::OperationAge(record.first, op_id), {});
    }
    report_.contexts = changes.meta().contexts;
    report_.entries = entries_.size();
    TableBatch batch = std::move(gone_);
    const TableBatch rows = changes.TakeBatch();
    for (const TableBatch::Operation& row : rows.operations()) {
      if (row.value) batch.Put(row.table, row.key, *row.value);
    }
    batch.Put(tables::kMeta, keys::MetaRecord(), Encode(changes.meta()));
    CONTEXTSYNC_RETURN_IF_ERROR(source_.store.Write(batch, Durability::kSynced));
    return report_;
  }

  /// A notebook that has met no hub, above every clock and number it ever used.
  Meta NewMeta() const {
    Meta meta = meta_;
    meta.workspace = source_.workspace;
    if (meta.device != DeviceId()) meta.former.push_back(meta.device);
    meta.device = MintDevice(source_.random);
    meta.generation = 0;
    meta.next_n = EntryNumber(1);
    meta.acked_n = EntryNumber();
    meta.first_n = EntryNumber(1);
    meta.epoch = Epoch();
    meta.cursor = meta.known = meta.head = meta.gc_floor = HubSequence();
    meta.check = meta.known_check = FeedCheck();
    meta.last_sync_at = 0;
    meta.is_folded = true;  // so that the first hello joins all of the hub's contexts
    meta.contexts = meta.bytes = meta.conflicts_open = meta.conflicts_total = 0;
    meta.parked = parked_.size();
    meta.operations = operations_.size();
    RaiseClocks(meta);
    meta.recovery = Told();
    return meta;
  }

  void RaiseClocks(Meta& meta) const {
    if (source_.mark) Receive(meta, source_.mark->hlc);
    for (const auto& [ref, remains] : contexts_)
      Receive(meta, LargestStamp(remains.state).hlc);
    for (const JournalEntry& entry : entries_) {
      Receive(meta, entry.push.hlc);
      meta.last_id = std::max(meta.last_id, entry.push.id);
      meta.last_local = std::max(meta.last_local, entry.local);
    }
  }

  Recovery Told() const {
    Recovery recovery;
    recovery.at = source_.clock.WallMillis();
    recovery.message =
        "The notebook was damaged and put together from what could be read. What the hub had is "
        "pulled again.";
    EntryNumber next = meta_.next_n;
    for (const JournalEntry& entry : entries_)
      next = std::max(next, entry.push.n.Next());
    if (source_.mark && source_.mark->next_n > next) {
      recovery.lost_from = next;
      recovery.lost_to = EntryNumber(source_.mark->next_n.value - 1);
    }
    return recovery;
  }

  Status WriteEntries(Changeset& changes) const {
    std::vector<JournalEntry> entries = entries_;
    CONTEXTSYNC_RETURN_IF_ERROR(journal::Unbind(entries));
    for (JournalEntry& entry : entries) {
      entry.outcome.reset();
      journal::Append(changes, std::move(entry));
    }
    return {};
  }

  /// An older row that came to light again may hold what a newer one no longer did.
  Status TakeOutPurged(Changeset& changes) const {
    for (const auto& [ref, purges] : purges_) {
      for (const Purge& purge : purges)
        CONTEXTSYNC_RETURN_IF_ERROR(purging::TakeOut(changes, ref, purge));
    }
    return {};
  }

  void WriteParked(Changeset& changes) const {
    for (const ParkedEntry& parked : parked_) {
      const PushEntry& push = parked.entry.push;
      changes.tables().Put(tables::kParked, keys::Parked(push.id), Encode(parked));
      changes.tables().Put(tables::kParked, keys::ParkedOf(push.context, push.id), {});
    }
  }

  Status WriteDocuments(Changeset& changes) {
    for (auto& [ref, remains] : contexts_) {
      Document document = EmptyDocument();
      if (remains.header) document.header = *remains.header;
      DocumentHeader& header = document.header;
      header.asof = HubSequence();
      header.aliases.clear();
      header.cell_bytes = 0;
      header.parked = CountParked(ref);
      CONTEXTSYNC_ASSIGN_OR_RETURN(const std::uint64_t waiting,
                                   journal::CountUnnumbered(changes.tables(), ref));
      // What was folded still counts: a version that was shown never falls.
      header.unnumbered = std::max(header.unnumbered, waiting + header.parked);
      if (!remains.header) {
        header.updated_at = LargestStamp(remains.state).hlc.millis();
      }
      if (const auto purged = purges_.find(ref); purged != purges_.end())
        ApplyPurges(remains.state, purged->second);
      SetState(document, std::move(remains.state));
      CONTEXTSYNC_RETURN_IF_ERROR(LayParkedOver(changes.tables(), ref, document));
      CONTEXTSYNC_RETURN_IF_ERROR(changes.Put(ref, std::move(document)));
    }
    return {};
  }

  [[nodiscard]] std::uint64_t CountParked(const ContextRef& ref) const {
    const auto is_of = [&ref](const ParkedEntry& parked) {
      return parked.entry.push.context == ref;
    };
    return static_cast<std::uint64_t>(std::count_if(parked_.begin(), parked_.end(), is_of));
  }

  const SalvageSource& source_;
  const StoreReader old_;
  SalvageReport report_;
  TableBatch gone_;
  Meta meta_;  // as it was; of no workspace when it is lost
  std::map<std::string, std::string, std::less<>> marks_;  // rows of meta that stay as they are
  std::map<ContextRef, std::vector<Purge>> purges_;
  std::map<ContextRef, Remains> contexts_;
  std::vector<JournalEntry> entries_;
  std::vector<ParkedEntry> parked_;
  std::map<std::string, std::pair<UnixMillis, std::string>, std::less<>> operations_;
};

}  // namespace

Result<SalvageReport> SalvageNotebook(const SalvageSource& source) {
  return Salvager(source).Run();
}

}  // namespace contextsync

#include "core/notebook/purging.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "core/document/codec.h"
#include "core/document/purge.h"
#include "core/notebook/changes_index.h"
#include "core/notebook/containment.h"
#include "core/notebook/history_keep.h"
#include "core/notebook/hybrid_clock.h"
#include "core/notebook/journal.h"
#include "core/notebook/parking.h"
#include "core/notebook/repair.h"
#include "core/notebook/tables.h"
#include "core/notebook/wire_size.h"
#include "core/ports/hub_wire.h"
#include "core/ports/protocol_mutant.h"
#include "core/ports/record_purging.h"

namespace contextsync::purging {

namespace {

constexpr HubSequence kAllVersions{std::numeric_limits<std::uint64_t>::max()};

/// `bytes` of a stored delta or state without what `purge` takes out; nothing where that changes
/// nothing.
Result<std::optional<std::string>> Rewritten(std::string_view bytes, const Purge& purge) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(State state, DecodeState(bytes));
  if (!ApplyPurgeToOlder(state, purge)) return std::optional<std::string>();
  return std::optional<std::string>(EncodeState(state));
}

/// Rewrites the rows of `prefix` in the history with what `rewrite` makes of a row's number and
/// bytes, if anything.
Status RewriteRows(
    Changeset& changes, const std::string& prefix,
    const std::function<Result<std::optional<std::string>>(std::uint64_t, std::string_view)>&
        rewrite) {
  std::vector<std::pair<std::string, std::string>> rows;
  Status read;
  CONTEXTSYNC_RETURN_IF_ERROR(changes.tables().Scan(
      tables::kHistory, PrefixRange(prefix), [&](std::string_view key, std::string_view value) {
        auto row = rewrite(keys::TrailingNumber(key), value);
        if (!row.ok()) {
          read = std::move(row).error();
          return false;
        }
        if (row.value()) rows.emplace_back(key, std::move(*row.value()));
        return true;
      }));
  CONTEXTSYNC_RETURN_IF_ERROR(std::move(read));
  for (auto& [key, value] : rows)
    changes.tables().Put(tables::kHistory, std::move(key), std::move(value));
  return {};
}

class RowPurger {
 public:
  RowPurger(Changeset& changes, const ContextRef& ref, const Purge& purge)
      : changes_(changes), ref_(ref), purge_(purge), named_(purge.OfNamed()) {}

  Status Run() {
    for (const auto& prefix : {keys::Numbered(ref_), keys::Folded(ref_)})
      CONTEXTSYNC_RETURN_IF_ERROR(PurgeVersions(prefix));
    for (const auto& prefix : {keys::Checkpoint(ref_), keys::LocalCheckpoint(ref_)})
      CONTEXTSYNC_RETURN_IF_ERROR(PurgeCheckpoints(prefix));
    return PurgeCollected();
  }

 private:
  /// What was written after the purge stays, unless the purge names it.
  [[nodiscard]] const Purge& At(std::uint64_t version) const {
    return version < purge_.before.value ? purge_ : named_;
  }

  Status PurgeVersions(const std::string& prefix) {
    const auto rewrite = [this](std::uint64_t, std::string_view value) {
      return RewriteVersion(value);
    };
    return RewriteRows(changes_, prefix, rewrite);
  }

  Result<std::optional<std::string>> RewriteVersion(std::string_view value) const {
    CONTEXTSYNC_ASSIGN_OR_RETURN(auto record, Decode<HistoryRecord>(value));
    CONTEXTSYNC_ASSIGN_OR_RETURN(auto delta, Rewritten(record.delta_bytes, At(record.version)));
    if (!delta) return std::optional<std::string>();
    record.delta_bytes = std::move(*delta);
    return std::optional<std::string>(Encode(record));
  }

  Status PurgeCheckpoints(const std::string& prefix) {
    return RewriteRows(changes_, prefix, [this](std::uint64_t number, std::string_view value) {
      return Rewritten(value, At(number));
    });
  }

  Status PurgeCollected() {
    const auto rewrite = [this](std::uint64_t number,
                                std::string_view value) -> Result<std::optional<std::string>> {
      CONTEXTSYNC_ASSIGN_OR_RETURN(auto drops, DecodeDrops(value));
      if (!ApplyPurge(drops, At(number))) return std::optional<std::string>();
      return std::optional<std::string>(EncodeDrops(drops));
    };
    return RewriteRows(changes_, keys::Collected(ref_), rewrite);
  }

  Changeset& changes_;
  const ContextRef& ref_;
  const Purge& purge_;
  const Purge named_;
};

Status Keep(Changeset& changes, const ContextRef& ref, const Purge& purge) {
  if (MutantActive(ProtocolMutant::kPurgeNotKept)) return {};
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto kept, Kept(changes.tables(), ref));
  // Whose versions are all local does not know yet how a hub will number the next ones.
  KeepPurge(kept, purge.before == kAllVersions ? purge.OfNamed() : purge);
  changes.tables().Put(tables::kMeta, keys::Purges(ref), EncodePurges(kept));
  return {};
}

/// Differs from any mark there was, so that a scrub that began before does not take it away.
void MarkScrub(Changeset& changes) {
  const Meta& meta = changes.meta();
  changes.tables().Put(tables::kMeta, keys::ScrubMark(),
                       meta.last_id.value + "/" + std::to_string(meta.next_n.value) + "/" +
                           std::to_string(meta.cursor.value));
}

/// Takes what `purge` names out of one entry. True: there was something. An entry of which nothing
/// is left becomes a purge of itself, since the hub may have taken it as it was.
Result<bool> PurgeEntry(JournalEntry& entry, const Purge& purge) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(PushEntry push, entry.Unpack());
  std::vector<WriteId> writes = WritesAt(push.delta, purge.path);
  bool is_changed = ApplyPurge(push.delta, purge);
  for (ConflictRecord& record : push.records)
    is_changed |= PurgeRecord(record, purge);
  if (!is_changed) return false;
  const bool is_own_write = push.op == EntryOp::kDelta || push.op == EntryOp::kResolve;
  if (push.delta.cells.empty() && is_own_write) {
    push.op = EntryOp::kPurge;
    push.purge = Purge{purge.path, {}, {}, std::move(writes)};
    push.on_conflict.reset();
    push.fail = false;
    push.conflict.clear();
    push.choose.clear();
  }
  entry.delta_bytes = EncodeState(push.delta);
  entry.wire_bytes = WireSize(push, push.delta);
  // What the hub gave its word on is not sent again: its hash is that of what was sent.
  if (!entry.outcome) push.hash = EntryHash(push);
  push.delta = {};
  entry.push = std::move(push);
  return true;
}

Status PurgeJournal(Changeset& changes, const ContextRef& ref, const Purge& purge) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto entries, journal::EntriesOf(changes.tables(), ref));
  for (JournalEntry& entry : entries) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const bool is_changed, PurgeEntry(entry, purge));
    if (is_changed) journal::Update(changes, entry);
  }
  return {};
}

Status PurgeParked(Changeset& changes, const ContextRef& ref, const Purge& purge) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto all, parking::All(changes.tables()));
  for (ParkedEntry& parked : all) {
    if (parked.entry.push.context != ref) continue;
    CONTEXTSYNC_ASSIGN_OR_RETURN(const bool is_changed, PurgeEntry(parked.entry, purge));
    if (is_changed)
      changes.tables().Put(tables::kParked, keys::Parked(parked.entry.push.id), Encode(parked));
  }
  return {};
}

Status PurgeDisowned(Changeset& changes, const ContextRef& ref, const Purge& purge) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(State disowned, Disowned(changes.tables(), ref));
  if (ApplyPurge(disowned, purge))
    changes.tables().Put(tables::kMeta, keys::RebuildMark(ref), EncodeState(disowned));
  return {};
}

/// Who wrote what waits here at and below `path`, in the journal without the hub's word and parked.
Result<std::vector<WriteId>> WaitingWrites(const TableReader& tables, const ContextRef& ref,
                                           std::string_view path) {
  std::vector<WriteId> writes;
  const auto add = [&](const JournalEntry& entry) -> Status {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const Delta delta, entry.DecodeDelta());
    AddWrites(writes, WritesAt(delta, path));
    return {};
  };
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto entries, journal::EntriesOf(tables, ref));
  for (const JournalEntry& entry : entries) {
    const bool is_own_write = !entry.outcome && entry.push.op != EntryOp::kRepair;
    if (is_own_write) CONTEXTSYNC_RETURN_IF_ERROR(add(entry));
  }
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto all, parking::All(tables));
  for (const ParkedEntry& parked : all) {
    if (parked.entry.push.context == ref) CONTEXTSYNC_RETURN_IF_ERROR(add(parked.entry));
  }
  return writes;
}

std::vector<std::string> KeysAt(const std::string& path) {
  const auto key = TopLevelKey(path);
  return key ? std::vector<std::string>{*key} : std::vector<std::string>();
}

JournalEntry EntryOf(Changeset& changes, const ContextRef& ref, Purge purge,
                     const AdoptionServices& services) {
  JournalEntry entry;
  entry.push.id = MintEntryId(changes.meta(), services.clock, services.random);
  entry.push.op = EntryOp::kPurge;
  entry.push.context = ref;
  entry.keys = KeysAt(purge.path);
  entry.push.purge = std::move(purge);
  entry.change_type = kPurging;
  entry.created = services.clock.WallMillis();
  return entry;
}

/// Begins one purge; lives for that long.
class Beginner {
 public:
  Beginner(Changeset& changes, const PurgeRequest& request, const AdoptionServices& services)
      : changes_(changes), request_(request), services_(services) {}

  Status Run() {
    CONTEXTSYNC_ASSIGN_OR_RETURN(Document document, changes_.FindOrEmpty(request_.context));
    const bool is_alone = changes_.meta().epoch.empty();
    Purge here{request_.path, is_alone ? kAllVersions : HubSequence(), {}, {}};
    CONTEXTSYNC_ASSIGN_OR_RETURN(here.writes,
                                 WaitingWrites(changes_.tables(), request_.context, request_.path));
    if (is_alone) {
      AddWrites(here.writes, WritesAt(*document.state, request_.path));
      CONTEXTSYNC_RETURN_IF_ERROR(TakeOut(changes_, request_.context, here));
    } else {
      CONTEXTSYNC_RETURN_IF_ERROR(TakeOutWaiting(here));
    }
    State state = *document.state;
    ApplyPurge(state, here);
    SetState(document, std::move(state));
    // What others wrote is the hub's to judge, and taken out when its item comes.
    Purge asked{request_.path, {}, {}, {}};
    if (is_alone) asked.writes = std::move(here.writes);
    MarkScrub(changes_);
    return Journal(std::move(asked), std::move(document));
  }

 private:
  /// What nobody but this notebook has seen goes at once.
  Status TakeOutWaiting(const Purge& here) {
    CONTEXTSYNC_RETURN_IF_ERROR(PurgeJournal(changes_, request_.context, here));
    CONTEXTSYNC_RETURN_IF_ERROR(PurgeParked(changes_, request_.context, here));
    return PurgeDisowned(changes_, request_.context, here);
  }

  Status Journal(Purge asked, Document document) {
    Meta& meta = changes_.meta();
    const ContextRef& ref = request_.context;
    JournalEntry entry = EntryOf(changes_, ref, std::move(asked), services_);
    entry.push.base = std::max(meta.cursor, document.header.asof);
    entry.push.agent = request_.agent;
    entry.push.source = "cli";
    entry.push.reason = request_.reason;
    entry.floor = meta.cursor;
    entry.version = document.header.Version() + 1;
    CONTEXTSYNC_ASSIGN_OR_RETURN(entry.local, changes_index::AddLocal(changes_, ChangeOf(entry)));
    DocumentHeader& header = document.header;
    ++header.unnumbered;
    header.aliases.clear();
    header.updated_at = std::max(entry.created, document.view->created_at);
    header.updated_by = request_.agent;
    header.author.clear();
    CONTEXTSYNC_RETURN_IF_ERROR(LayParkedOver(changes_.tables(), ref, document));
    if (meta.epoch.empty())
      CONTEXTSYNC_RETURN_IF_ERROR(history::CheckpointLocal(changes_, ref, document));
    CONTEXTSYNC_RETURN_IF_ERROR(changes_.Put(ref, std::move(document)));
    return AppendRepair(changes_, std::move(entry), {});
  }

  [[nodiscard]] ChangeRecord ChangeOf(const JournalEntry& entry) const {
    ChangeRecord change;
    change.context = request_.context;
    change.changed_by = request_.agent;
    change.change_type = entry.change_type;
    change.keys = entry.keys;
    change.version = entry.version;
    change.at = entry.created;
    return change;
  }

  Changeset& changes_;
  const PurgeRequest& request_;
  const AdoptionServices& services_;
};

}  // namespace

Result<std::vector<Purge>> Kept(const TableReader& tables, const ContextRef& ref) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto bytes, tables.Get(tables::kMeta, keys::Purges(ref)));
  return bytes ? DecodePurges(*bytes) : Result<std::vector<Purge>>(std::vector<Purge>{});
}

Status TakeOut(Changeset& changes, const ContextRef& ref, const Purge& purge) {
  CONTEXTSYNC_RETURN_IF_ERROR(Keep(changes, ref, purge));
  CONTEXTSYNC_RETURN_IF_ERROR(RowPurger(changes, ref, purge).Run());
  const Purge named = purge.OfNamed();  // what waits was written without knowing of the purge
  CONTEXTSYNC_RETURN_IF_ERROR(PurgeJournal(changes, ref, named));
  CONTEXTSYNC_RETURN_IF_ERROR(PurgeParked(changes, ref, named));
  CONTEXTSYNC_RETURN_IF_ERROR(PurgeDisowned(changes, ref, named));
  MarkScrub(changes);
  return {};
}

Status TakeOutAll(Changeset& changes, const ContextRef& ref, const std::vector<Purge>& purges) {
  for (const Purge& purge : purges) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto kept, Kept(changes.tables(), ref));
    if (IsNews(kept, purge)) CONTEXTSYNC_RETURN_IF_ERROR(TakeOut(changes, ref, purge));
  }
  return {};
}

Status ForgetNumbers(Changeset& changes, const ContextRef& ref) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto kept, Kept(changes.tables(), ref));
  if (kept.empty()) return {};
  for (Purge& purge : kept)
    purge.before = HubSequence();
  changes.tables().Put(tables::kMeta, keys::Purges(ref), EncodePurges(kept));
  return {};
}

Status TakeOutOf(const Changeset& changes, JournalEntry& entry) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto kept, Kept(changes.tables(), entry.push.context));
  for (const Purge& purge : kept)
    CONTEXTSYNC_RETURN_IF_ERROR(PurgeEntry(entry, purge.OfNamed()));
  return {};
}

Status Refile(Changeset& changes, const ContextRef& ref, const Refiling& refiling,
              const AdoptionServices& services) {
  for (const Purge& purge : refiling.kept) {
    std::vector<WriteId> lacking =
        WritesBeyond(purge.writes, KeptWrites(refiling.known, purge.path));
    if (lacking.empty()) continue;
    JournalEntry entry =
        EntryOf(changes, ref, Purge{purge.path, {}, {}, std::move(lacking)}, services);
    entry.push.base = refiling.base;
    entry.push.source = "hub";
    entry.floor = refiling.base;
    CONTEXTSYNC_RETURN_IF_ERROR(AppendRepair(changes, std::move(entry), {}));
  }
  return {};
}

Status Begin(Changeset& changes, const PurgeRequest& request, const AdoptionServices& services) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const PurgePlan plan, Plan(changes, request));
  if (!plan.is_known) return Error(ErrorCode::kNotFound, "there never was such a context");
  return Beginner(changes, request, services).Run();
}

}  // namespace contextsync::purging

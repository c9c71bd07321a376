#include "core/notebook/adoption.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/document/codec.h"
#include "core/document/drop.h"
#include "core/document/join.h"
#include "core/notebook/changes_index.h"
#include "core/notebook/conflict_table.h"
#include "core/notebook/containment.h"
#include "core/notebook/history_keep.h"
#include "core/notebook/hybrid_clock.h"
#include "core/notebook/journal.h"
#include "core/notebook/purging.h"
#include "core/notebook/repair.h"
#include "core/notebook/tables.h"
#include "core/ports/protocol_mutant.h"

namespace contextsync {

namespace {

class Adopter {
 public:
  Adopter(Changeset& changes, const HelloResponse& hello, const std::vector<SnapshotPage>& pages,
          const AdoptionServices& services)
      : changes_(changes), hello_(hello), pages_(pages), services_(services) {}

  Status Run() {
    const bool is_short = pages_.empty();
    const Meta before = changes_.meta();
    if (is_short && (before.known > hello_.fork_seq || before.is_folded))
      return Error(ErrorCode::kInvalidArgument,
                   "this notebook holds what the hub lacks: a snapshot is needed");
    const bool is_mixed =
        std::any_of(pages_.begin(), pages_.end(), [this](const SnapshotPage& page) {
          return !page.epoch.empty() && page.epoch != hello_.epoch;
        });
    if (is_mixed) return Error(ErrorCode::kConflict, "the snapshot is of another epoch");

    CONTEXTSYNC_RETURN_IF_ERROR(RenumberPending());
    if (!is_short) CONTEXTSYNC_RETURN_IF_ERROR(JoinSnapshot());
    if (before.epoch.empty()) CONTEXTSYNC_RETURN_IF_ERROR(history::DropLocal(changes_));
    Meta& meta = changes_.meta();
    meta.epoch = hello_.epoch;
    meta.head = hello_.head;
    meta.gc_floor = hello_.gc_floor;
    meta.is_folded = false;
    return is_short ? Status() : MoveToStart();
  }

 private:
  /// What the hub said about our entries was said in another history: they are pending again, under
  /// new numbers.
  Status RenumberPending() {
    if (MutantActive(ProtocolMutant::kJournalNotRenumbered)) return {};
    return journal::Renumber(changes_, hello_.last_n.Next(), [this](JournalEntry& entry) {
      if (MutantActive(ProtocolMutant::kBaseKeptAtAdoption)) return;
      entry.push.base = std::min(entry.push.base, hello_.fork_seq);
      entry.floor = std::min(entry.floor, hello_.fork_seq);
    });
  }

  Status JoinSnapshot() {
    std::map<ContextRef, const ContextSnapshot*> all;
    CONTEXTSYNC_RETURN_IF_ERROR(CollectOwn(all));
    for (const auto& page : pages_) {
      for (const auto& context : page.contexts)
        all[context.context] = &context;
      Receive(changes_.meta(), page.hlc);
    }
    for (const auto& [ref, hub] : all)
      CONTEXTSYNC_RETURN_IF_ERROR(JoinOne(ref, hub));
    for (const auto& page : pages_) {
      for (const auto& record : page.conflicts)
        CONTEXTSYNC_RETURN_IF_ERROR(conflict_table::Put(changes_, record));
    }
    return {};
  }

  Status CollectOwn(std::map<ContextRef, const ContextSnapshot*>& all) const {
    for (const auto& [ref, document] : changes_.documents())
      all.emplace(ref, nullptr);
    return changes_.tables().Scan(tables::kDocuments,
                                  PrefixRange(keys::Headers(changes_.meta().generation)),
                                  [&all](std::string_view key, std::string_view) {
                                    if (auto ref = keys::ParseHeader(key))
                                      all.emplace(std::move(*ref), nullptr);
                                    return true;
                                  });
  }

  Status JoinOne(const ContextRef& ref, const ContextSnapshot* hub) {
    static const std::vector<Purge> kNone;
    const std::vector<Purge>& known = hub == nullptr ? kNone : hub->purges;
    CONTEXTSYNC_RETURN_IF_ERROR(purging::ForgetNumbers(changes_, ref));
    CONTEXTSYNC_RETURN_IF_ERROR(purging::TakeOutAll(changes_, ref, known));
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto purges, purging::Kept(changes_.tables(), ref));
    CONTEXTSYNC_ASSIGN_OR_RETURN(Document document, changes_.FindOrEmpty(ref));
    CONTEXTSYNC_ASSIGN_OR_RETURN(State mine, WithoutRefused(ref, *document.state));
    State at_hub = hub == nullptr ? State{} : hub->state;
    // At equal stamps a value beats its deletion: what either side still holds goes before.
    ApplyPurges(mine, purges);
    ApplyPurges(at_hub, purges);
    State sent = at_hub;
    CONTEXTSYNC_RETURN_IF_ERROR(journal::JoinEntries(
        changes_.tables(), ref,
        [](const JournalEntry& entry) { return entry.push.op != EntryOp::kRepair; }, sent));
    if (!MutantActive(ProtocolMutant::kRepairLeftOut))
      CONTEXTSYNC_RETURN_IF_ERROR(
          JournalRepair(ref, WithContainers(Above(sent, mine), mine, at_hub)));

    CONTEXTSYNC_RETURN_IF_ERROR(
        purging::Refile(changes_, ref, {purges, known, hello_.fork_seq}, services_));
    CONTEXTSYNC_RETURN_IF_ERROR(BeginHistory(ref, at_hub, hub, document.header));
    // With the entries: a purge may have taken from an element the addition that hid theirs.
    Join(sent, mine);
    CONTEXTSYNC_RETURN_IF_ERROR(Describe(ref, hub, document.header));
    SetState(document, std::move(sent));
    CONTEXTSYNC_RETURN_IF_ERROR(LayParkedOver(changes_.tables(), ref, document));
    return changes_.Put(ref, std::move(document));
  }

  /// What was refused is no part of any history: a rebuild that is still due would have taken it
  /// out, and as a repair it would come in after all.
  Result<State> WithoutRefused(const ContextRef& ref, State state) const {
    CONTEXTSYNC_ASSIGN_OR_RETURN(State refused, Disowned(changes_.tables(), ref));
    CONTEXTSYNC_RETURN_IF_ERROR(JoinParked(changes_.tables(), ref, refused));
    ApplyDrops(state, DropsOf(refused));
    return state;
  }

  /// The versions kept are of the history that is left.
  Status BeginHistory(const ContextRef& ref, const State& at_hub, const ContextSnapshot* hub,
                      DocumentHeader& header) {
    CONTEXTSYNC_RETURN_IF_ERROR(history::DropAbove(changes_, ref, HubSequence(), header));
    header.history_from = 0;
    if (hub != nullptr) history::BeginAt(changes_.tables(), ref, hub->rev, at_hub, header);
    return {};
  }

  Status Describe(const ContextRef& ref, const ContextSnapshot* hub, DocumentHeader& header) const {
    const bool was_alone = changes_.meta().epoch.empty();
    CONTEXTSYNC_ASSIGN_OR_RETURN(std::uint64_t unnumbered,
                                 journal::CountUnnumbered(changes_.tables(), ref));
    unnumbered += header.parked;
    // The changes that were folded still count, until the repair that stands for them is numbered.
    header.unnumbered = was_alone ? std::max(header.unnumbered, unnumbered) : unnumbered;
    header.rev = hub == nullptr ? HubSequence() : hub->rev;
    header.asof = hub == nullptr ? pages_.front().start : std::max(hub->asof, pages_.front().start);
    header.aliases.clear();
    if (hub != nullptr && hub->updated_at > header.updated_at) {
      header.updated_at = hub->updated_at;
      header.updated_by = hub->updated_by;
      header.author.clear();
    }
    return {};
  }

  /// Records the hub cannot have as they are here. Their numbers are of the other history: whatever
  /// it says about them is newer.
  Result<std::vector<ConflictRecord>> TakeLackingRecords(const ContextRef& ref) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(auto records,
                                 conflict_table::Of(changes_.tables(), changes_.meta(), ref));
    const auto is_shared = [this](const ConflictRecord& record) {
      return record.rev <= hello_.fork_seq;
    };
    // The hub had these; what it still has comes with the snapshot, the rest it has forgotten.
    for (const ConflictRecord& record : records) {
      if (is_shared(record)) conflict_table::Forget(changes_, record);
    }
    std::erase_if(records, [&](const ConflictRecord& record) {
      return is_shared(record) || IsAtHub(record);
    });
    for (const ConflictRecord& record : records) {
      ConflictRecord older = record;
      older.rev = hello_.fork_seq;
      CONTEXTSYNC_RETURN_IF_ERROR(conflict_table::Put(changes_, older));
    }
    return records;
  }

  [[nodiscard]] bool IsAtHub(const ConflictRecord& record) const {
    return std::any_of(pages_.begin(), pages_.end(), [&record](const SnapshotPage& page) {
      return std::find(page.conflicts.begin(), page.conflicts.end(), record) !=
             page.conflicts.end();
    });
  }

  Status JournalRepair(const ContextRef& ref, const Delta& lacking) {
    Meta& meta = changes_.meta();
    CONTEXTSYNC_ASSIGN_OR_RETURN(auto records, TakeLackingRecords(ref));
    std::vector<Delta> parts = SplitRepair(lacking);
    if (parts.empty() && !records.empty()) parts.emplace_back();  // the records alone
    for (Delta& part : parts) {
      JournalEntry entry;
      entry.push.records = std::exchange(records, {});
      entry.push.id = MintEntryId(meta, services_.clock, services_.random);
      entry.push.op = EntryOp::kRepair;
      entry.push.context = ref;
      entry.push.base = hello_.fork_seq;
      entry.push.hlc = LargestStamp(part).hlc;
      entry.push.source = "hub";
      entry.change_type = "update";
      entry.keys = changes_index::KeysOf(part);
      entry.created = services_.clock.WallMillis();
      entry.floor = hello_.fork_seq;
      CONTEXTSYNC_RETURN_IF_ERROR(AppendRepair(changes_, std::move(entry), std::move(part)));
    }
    return {};
  }

  Status MoveToStart() {
    Meta& meta = changes_.meta();
    const SnapshotPage& first = pages_.front();
    meta.cursor = first.start;
    meta.check = first.check;
    meta.known = first.start;
    meta.known_check = first.check;
    return changes_index::ForgetFeed(changes_, first.start);
  }

  Changeset& changes_;
  const HelloResponse& hello_;
  const std::vector<SnapshotPage>& pages_;
  const AdoptionServices& services_;
};

}  // namespace

Status AdoptEpoch(Changeset& changes, const HelloResponse& hello,
                  const std::vector<SnapshotPage>& pages, const AdoptionServices& services) {
  return Adopter(changes, hello, pages, services).Run();
}

}  // namespace contextsync

#include "core/hub/conflict_book.h"

#include <algorithm>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/bytes.h"
#include "core/base/hash.h"
#include "core/document/policy.h"
#include "core/document/render.h"
#include "core/hub/conflict_side.h"

namespace contextsync {

namespace {

constexpr std::string_view kParentRecord = "@parent";

const ContextRef& PolicyContext() {
  static const ContextRef ref = {Level::kGlobal, "_policy"};
  return ref;
}

/// The same after a restore: nothing in it depends on numbers the hub gives.
std::string RecordId(const ContextRef& context, std::string_view path, const EntryId& entry) {
  ByteWriter out;
  out.U8(static_cast<std::uint8_t>(context.level));
  out.Text(context.id);
  out.Text(path);
  out.Text(entry.value);
  return "c-" + ShortHash(std::move(out).Take());
}

const ConflictSide* SideOf(const ConflictRecord& record, DeviceId device) {
  if (record.current.device == device) return &record.current;
  if (record.incoming.device == device) return &record.incoming;
  return nullptr;
}

const ConflictSide& OtherThan(const ConflictRecord& record, const ConflictSide* side) {
  return side == &record.current ? record.incoming : record.current;
}

class ConflictBook {
 public:
  ConflictBook(HubStage& stage, const NumberedEntry& numbered, const Transition& transition)
      : stage_(stage), numbered_(numbered), entry_(numbered.entry), transition_(transition) {}

  Result<RecordChanges> Keep(const std::vector<Clash>& clashes) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(live_, stage_.LiveRecords(entry_.context));
    for (const Clash& clash : clashes)
      CONTEXTSYNC_RETURN_IF_ERROR(Record(clash));
    if (numbered_.ownership == Ownership::kByEntry) {
      AmendOwnChains();
      Resolve();
      Supersede();
    }
    RenewOpen();
    return TakeChanges();
  }

 private:
  [[nodiscard]] bool IsTouched(const ConflictRecord& record) const {
    return changed_.contains(record.id);
  }

  void Put(ConflictRecord record, bool is_side) {
    record.rev = numbered_.seq;
    if (is_side) sides_.push_back(record.id);
    std::string id = record.id;
    changed_.insert_or_assign(std::move(id), std::move(record));
  }

  void Close(ConflictRecord record, const std::string& choose) {
    record.status = ConflictStatus::kResolved;
    record.resolution = ConflictResolution{choose, entry_.agent, numbered_.seq};
    Put(std::move(record), false);
  }

  [[nodiscard]] ConflictSide OurSide(const std::string& path, const std::string& written,
                                     const Stamp& stamp) const {
    ConflictSide side;
    side.value = WantedBytes(entry_.delta, written, path);
    side.stamp = stamp;
    side.agent = entry_.agent;
    side.device = numbered_.ownership == Ownership::kByStamp ? stamp.device : numbered_.device;
    side.n = entry_.n;
    side.id = entry_.id;
    side.seq = numbered_.seq;
    side.at = numbered_.at;
    return side;
  }

  Result<ConflictSide> TheirSide(const Clash& clash) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const std::optional<StoredItem> item,
                                 stage_.ItemAt(clash.their_writer.seq));
    ConflictSide side;
    side.value = ShownBytes(transition_.before, clash.path);
    side.stamp = clash.theirs;
    side.device = clash.their_writer.device;
    side.seq = clash.their_writer.seq;
    if (!item) return side;  // collected since
    side.agent = item->item.changed_by;
    side.n = item->item.n;
    side.id = item->item.id;
    side.at = item->item.timestamp;
    return side;
  }

  /// The larger stamp is what is shown.
  void Arrange(ConflictRecord& record, const std::string& path, ConflictSide ours,
               ConflictSide theirs) const {
    const bool is_ours_shown = theirs.stamp < ours.stamp;
    record.current = is_ours_shown ? ours : theirs;
    record.incoming = is_ours_shown ? std::move(theirs) : std::move(ours);
    record.current.value = ShownBytes(transition_.after, path);
  }

  Status Record(const Clash& clash) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const Strategy strategy, StrategyOf(clash));
    CONTEXTSYNC_ASSIGN_OR_RETURN(ConflictSide theirs, TheirSide(clash));
    ConflictSide ours = OurSide(clash.path, clash.path, clash.ours);
    ConflictRecord record = FindSame(clash, ours.device);
    record.kind = clash.kind;
    record.strategy = strategy;
    if (strategy == Strategy::kManual) record.status = ConflictStatus::kOpen;
    Arrange(record, clash.path, std::move(ours), std::move(theirs));
    CloseOwnBelow(clash.path);
    Put(std::move(record), true);
    return {};
  }

  Result<Strategy> StrategyOf(const Clash& clash) {
    if (entry_.on_conflict) return *entry_.on_conflict;
    return StrategyByPolicy(stage_, entry_.context, clash);
  }

  /// The record to amend: the same two writers clashed there before. Else a new one.
  [[nodiscard]] ConflictRecord FindSame(const Clash& clash, DeviceId ours) const {
    const std::string path = RecordPathOf(clash.path);
    for (const ConflictRecord& record : live_) {
      const ConflictSide* side = SideOf(record, ours);
      if (record.path != path || side == nullptr) continue;
      if (OtherThan(record, side).seq == clash.their_writer.seq) return record;
    }
    ConflictRecord record;
    record.id = RecordId(entry_.context, path, entry_.id);
    record.context = entry_.context;
    record.path = path;
    record.seq = numbered_.seq;
    return record;
  }

  /// The one above takes in what this writer disputed below.
  void CloseOwnBelow(const std::string& path) {
    for (const ConflictRecord& record : live_) {
      const std::string below = CellPathOf(record.path);
      if (below == path || !IsAtOrBelow(below, path)) continue;
      if (SideOf(record, numbered_.device) != nullptr) Close(record, "superseded");
    }
  }

  void AmendOwnChains() {
    for (ConflictRecord& record : OwnChains(entry_, numbered_.device, live_)) {
      if (IsTouched(record)) continue;
      const std::string path = CellPathOf(record.path);
      const std::string written = *WrittenAt(entry_.delta, path);
      const ConflictSide theirs = OtherThan(record, SideOf(record, numbered_.device));
      const Stamp stamp = LargestStamp(*FindCell(entry_.delta, written));
      Arrange(record, path, OurSide(path, written, stamp), theirs);
      if (entry_.on_conflict == Strategy::kManual) record.status = ConflictStatus::kOpen;
      if (record.current.value == record.incoming.value) {
        Close(std::move(record), "superseded");
      } else {
        Put(std::move(record), true);
      }
    }
  }

  /// A choice holds only for the record as the chooser saw it.
  void Resolve() {
    if (entry_.op != EntryOp::kResolve) return;
    for (const ConflictRecord& record : live_) {
      if (record.id == entry_.conflict && record.rev <= entry_.base && !IsTouched(record)) {
        Close(record, entry_.choose);
      }
    }
  }

  /// Writes that know both sides end the dispute.
  void Supersede() {
    for (const ConflictRecord& record : live_) {
      if (IsTouched(record)) continue;
      const std::string path = CellPathOf(record.path);
      if (WrittenAt(entry_.delta, path) && IsKnowing(record, path)) Close(record, "superseded");
    }
  }

  [[nodiscard]] bool IsKnowing(const ConflictRecord& record, const std::string& path) const {
    const bool knows_record = entry_.base >= record.rev;
    if (record.status == ConflictStatus::kOpen) {
      const bool is_challenger = record.incoming.device == numbered_.device;
      return knows_record && (is_challenger || Deletes(entry_.delta, path));
    }
    const ConflictSide* side = SideOf(record, numbered_.device);
    return knows_record || (side != nullptr && entry_.base >= OtherThan(record, side).seq);
  }

  /// Records that wait for a person follow what is shown; they end when the challenger's value is.
  void RenewOpen() {
    for (ConflictRecord& record : live_) {
      if (record.status != ConflictStatus::kOpen || IsTouched(record)) continue;
      const std::string path = CellPathOf(record.path);
      std::optional<std::string> shown = ShownBytes(transition_.after, path);
      if (shown == record.current.value) continue;
      if (shown == record.incoming.value) {
        Close(record, "superseded");
        continue;
      }
      const std::optional<std::string> written = WrittenAt(entry_.delta, path);
      const Stamp stamp =
          written ? LargestStamp(*FindCell(entry_.delta, *written)) : record.current.stamp;
      record.current = OurSide(path, written.value_or(path), stamp);
      record.current.value = std::move(shown);
      Put(record, false);
    }
  }

  RecordChanges TakeChanges() {
    RecordChanges changes;
    for (auto& [id, record] : changed_) {
      stage_.PutRecord(record);
      changes.changed.push_back(std::move(record));
    }
    changes.conflicts = std::move(sides_);
    return changes;
  }

  HubStage& stage_;
  const NumberedEntry& numbered_;
  const PushEntry& entry_;
  const Transition& transition_;
  std::vector<ConflictRecord> live_;  // as they were before the entry
  std::map<std::string, ConflictRecord> changed_;
  std::vector<std::string> sides_;
};

}  // namespace

std::vector<ConflictRecord> OwnChains(const PushEntry& entry, DeviceId device,
                                      const std::vector<ConflictRecord>& live) {
  std::vector<ConflictRecord> chains;
  for (const ConflictRecord& record : live) {
    const ConflictSide* side = SideOf(record, device);
    if (side == nullptr) continue;
    const ConflictSide& other = OtherThan(record, side);
    if (other.device == device || other.seq <= entry.base) continue;
    if (WrittenAt(entry.delta, CellPathOf(record.path))) chains.push_back(record);
  }
  return chains;
}

Result<RecordChanges> KeepConflicts(HubStage& stage, const NumberedEntry& numbered,
                                    const Transition& transition,
                                    const std::vector<Clash>& clashes) {
  return ConflictBook(stage, numbered, transition).Keep(clashes);
}

Result<Strategy> StrategyByPolicy(HubStage& stage, const ContextRef& context, const Clash& clash) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const HubContext* stored, stage.Context(PolicyContext()));
  const std::string pointer =
      IsDataPath(clash.path) ? std::string(DataPointer(clash.path)) : std::string();
  const Result<Policy> policy = Policy::FromJson(Render(stored->state).data);
  if (policy.ok()) return policy.value().StrategyFor(context.level, pointer, clash.kind);
  return Policy::BuiltIn().StrategyFor(context.level, pointer, clash.kind);
}

std::string CellPathOf(std::string_view record_path) {
  if (record_path == kParentRecord) return std::string(kMetaParent);
  return DataPath(record_path);
}

std::string RecordPathOf(std::string_view cell_path) {
  if (cell_path == kMetaParent) return std::string(kParentRecord);
  return std::string(DataPointer(cell_path));
}

}  // namespace contextsync

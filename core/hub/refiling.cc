#include "core/hub/refiling.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/document/codec.h"
#include "core/document/join.h"

namespace contextsync {

namespace {

/// What both say of one record. Its status only ever rises, and what a challenger wrote later
/// stands.
ConflictRecord Merge(const ConflictRecord& known, const ConflictRecord& brought) {
  ConflictRecord merged = known;
  if (brought.incoming.id > known.incoming.id) merged.incoming = brought.incoming;
  if (brought.status > known.status) {
    merged.status = brought.status;
    merged.strategy = brought.strategy;
    merged.resolution = brought.resolution;
  }
  if (!Above(known.left_out.delta(), brought.left_out.delta()).cells.empty()) {
    AddLeftOut(merged, brought.left_out.delta());
  }
  return merged;
}

/// Nothing: the hub knows all of it.
Result<std::optional<ConflictRecord>> NewsOf(HubStage& stage, const ConflictRecord& brought) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const std::optional<ConflictRecord> known,
                               stage.Record(brought.context, brought.id));
  if (!known) return std::optional(brought);
  ConflictRecord merged = Merge(*known, brought);
  if (merged == *known) return std::optional<ConflictRecord>();
  return std::optional(std::move(merged));
}

/// Files the records of one repair; lives for that long.
class Refiler {
 public:
  Refiler(HubStage& stage, const NumberedEntry& numbered, const State& after,
          RecordChanges& changes)
      : stage_(stage), numbered_(numbered), after_(after), changes_(changes) {}

  Status File(const ConflictRecord& brought) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(std::optional<ConflictRecord> news, NewsOf(stage_, brought));
    if (!news) return {};
    Renumber(*news);
    if (news->status != ConflictStatus::kResolved) ReadCurrent(*news);
    if (news->status == ConflictStatus::kOpen) CONTEXTSYNC_RETURN_IF_ERROR(Unite(*news));
    Put(std::move(*news));
    return {};
  }

 private:
  /// Numbers of the lost history belong to other items now.
  void Renumber(ConflictRecord& record) const {
    const auto renumber = [this](HubSequence& seq) {
      if (seq > numbered_.entry.base) seq = numbered_.seq;
    };
    renumber(record.seq);
    renumber(record.current.seq);
    renumber(record.incoming.seq);
    if (record.resolution) renumber(record.resolution->seq);
  }

  void ReadCurrent(ConflictRecord& record) const {
    std::optional<std::string> shown = ShownBytes(after_, CellPathOf(record.path));
    if (record.status == ConflictStatus::kOpen && shown == record.incoming.value) Close(record);
    if (shown == record.current.value) return;
    record.current.value = std::move(shown);
    record.current.agent = numbered_.entry.agent;
    record.current.device = numbered_.origin.device;
    record.current.n = numbered_.entry.n;
    record.current.id = {};
    record.current.seq = numbered_.seq;
    record.current.at = numbered_.at;
  }

  /// One record per context, path and challenger.
  Status Unite(ConflictRecord& record) {
    if (record.left_out.empty()) return {};
    CONTEXTSYNC_ASSIGN_OR_RETURN(const std::vector<ConflictRecord> live,
                                 stage_.LiveRecords(record.context));
    const auto other = std::find_if(live.begin(), live.end(), [&](const ConflictRecord& known) {
      return known.id != record.id && known.path == record.path && !known.left_out.empty() &&
             known.status == ConflictStatus::kOpen &&
             IsSameNotebook(known.incoming.device, record.incoming.device);
    });
    if (other == live.end()) return {};
    ConflictRecord united = *other;
    if (record.incoming.id > united.incoming.id) united.incoming = record.incoming;
    AddLeftOut(united, record.left_out.delta());
    ReadCurrent(united);
    Put(std::move(united));
    Close(record);
    return {};
  }

  [[nodiscard]] bool IsSameNotebook(DeviceId left, DeviceId right) const {
    return left == right || (numbered_.origin.Has(left) && numbered_.origin.Has(right));
  }

  void Close(ConflictRecord& record) const {
    record.status = ConflictStatus::kResolved;
    record.resolution = ConflictResolution{"superseded", numbered_.entry.agent, numbered_.seq};
  }

  /// Each record travels once, as it is in the end.
  void Put(ConflictRecord record) {
    record.rev = numbered_.seq;
    stage_.PutRecord(record);
    const auto same = std::find_if(changes_.changed.begin(), changes_.changed.end(),
                                   [&](const ConflictRecord& r) { return r.id == record.id; });
    if (same != changes_.changed.end()) {
      *same = std::move(record);
    } else {
      changes_.changed.push_back(std::move(record));
    }
  }

  HubStage& stage_;
  const NumberedEntry& numbered_;
  const State& after_;
  RecordChanges& changes_;
};

std::string FaultOfRecord(const PushEntry& entry, const ConflictRecord& record) {
  if (record.context != entry.context) return "a record is of another context";
  if (!IsRecordId(record.id)) return "a record has no proper id";
  if (record.path != "@parent" && !ValidatePointer(record.path)) return "a record has no path";
  return {};
}

}  // namespace

Result<bool> BringsRecords(HubStage& stage, const PushEntry& entry) {
  for (const ConflictRecord& record : entry.records) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const std::optional<ConflictRecord> news, NewsOf(stage, record));
    if (news) return true;
  }
  return false;
}

Status RefileRecords(HubStage& stage, const NumberedEntry& numbered, const State& after,
                     RecordChanges& changes) {
  Refiler refiler(stage, numbered, after, changes);
  for (const ConflictRecord& record : numbered.entry.records)
    CONTEXTSYNC_RETURN_IF_ERROR(refiler.File(record));
  return {};
}

std::string FaultOfRecords(const PushEntry& entry) {
  if (entry.records.empty()) return {};
  if (entry.op != EntryOp::kRepair) return "only a repair brings records";
  std::size_t bytes = 0;
  for (const ConflictRecord& record : entry.records) {
    if (std::string fault = FaultOfRecord(entry, record); !fault.empty()) return fault;
    bytes += EncodeState(record.left_out.delta()).size();
  }
  return bytes > limits::kEntryBytes ? "the records are larger than any entry may be" : "";
}

}  // namespace contextsync

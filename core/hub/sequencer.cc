#include "core/hub/sequencer.h"

#include <utility>

#include "core/base/bytes.h"
#include "core/base/hash.h"
#include "core/document/join.h"
#include "core/document/visible.h"
#include "core/hub/conflict_book.h"
#include "core/hub/hub_records.h"
#include "core/hub/refiling.h"
#include "core/hub/trimming.h"
#include "core/hub/writer_table.h"
#include "core/ports/hub_wire.h"
#include "core/ports/record_purging.h"

namespace contextsync {

namespace {

bool Exists(const State& state) {
  return Locate(state, kDataRoot).kind.has_value();
}

/// The last item of the context that `device` did not write.
HubSequence LastOfOthers(const HubContext& context, DeviceId device) {
  return context.last.device == device ? context.last_of_other : context.last.seq;
}

std::string_view ChangeType(const PushEntry& entry, bool existed, bool exists) {
  if (entry.op == EntryOp::kResolve) return "resolve";
  if (!existed && exists) return "create";
  if (existed && !exists) return "delete";
  return "update";
}

std::string_view ItemKind(EntryOp op) {
  if (op == EntryOp::kResolve) return "resolve";
  return op == EntryOp::kRepair ? "repair" : "delta";
}

/// True when the item numbered `seq` is one side of the record. An open record that follows what is
/// shown names the item too.
bool IsSide(HubSequence seq, const ConflictRecord& record) {
  if (record.incoming.seq == seq) return true;
  const bool may_win = record.left_out.empty() && record.status != ConflictStatus::kResolved;
  return may_win && record.current.seq == seq;
}

/// Numbers one entry; lives for that long.
class Numbering {
 public:
  Numbering(HubStage& stage, const Pusher& pusher, const PushEntry& entry)
      : stage_(stage), pusher_(pusher), origin_{pusher.device, pusher.former}, entry_(entry) {
    if (entry.op == EntryOp::kRepair) ownership_ = Ownership::kByStamp;
    numbered_.delta = entry.delta;
  }

  Result<PushResult> Run() {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const HubContext* context, stage_.Context(entry_.context));
    is_concurrent_ = LastOfOthers(*context, pusher_.device) > entry_.base;
    CONTEXTSYNC_ASSIGN_OR_RETURN(const std::vector<ConflictRecord> live,
                                 stage_.LiveRecords(entry_.context));
    const bool may_clash = is_concurrent_ || ownership_ == Ownership::kByStamp || entry_.reissue;
    if (!may_clash && live.empty() && entry_.op == EntryOp::kDelta) return Append({});
    CONTEXTSYNC_ASSIGN_OR_RETURN(const Resolution resolution,
                                 JudgeResolution(stage_, entry_, origin_));
    const Meeting meeting = {entry_, origin_, *context, live, resolution, ownership_};
    CONTEXTSYNC_ASSIGN_OR_RETURN(numbered_, Trim(stage_, meeting));
    if (entry_.fail && IsConflict(live)) {
      return Rejection(entry_.n, "VERSION_MISMATCH", "written concurrently by another notebook");
    }
    CONTEXTSYNC_ASSIGN_OR_RETURN(RecordChanges records, KeepRecords(*context, resolution));
    return Append(std::move(records));
  }

 private:
  [[nodiscard]] NumberedEntry Numbered() const {
    return {entry_, origin_, stage_.head().seq.Next(), pusher_.now, ownership_};
  }

  [[nodiscard]] bool IsConflict(const std::vector<ConflictRecord>& live) const {
    return numbered_.IsDisputed() || !OwnChains(entry_, pusher_.device, live).empty();
  }

  Result<RecordChanges> KeepRecords(const HubContext& context, const Resolution& resolution) {
    State after = context.state;
    Join(after, numbered_.delta);
    CONTEXTSYNC_ASSIGN_OR_RETURN(
        RecordChanges records,
        KeepConflicts(stage_, Numbered(), {context.state, after}, numbered_, resolution));
    if (!entry_.records.empty()) {
      CONTEXTSYNC_RETURN_IF_ERROR(RefileRecords(stage_, Numbered(), after, records));
    }
    return records;
  }

  PushResult Append(RecordChanges records) {
    FeedItem item = NextItem(stage_, pusher_, entry_);
    const HubSequence seq = item.seq;
    item.kind = ItemKind(entry_.op);
    item.hash = NumberedHash();
    item.delta = numbered_.delta;
    item.change_type = ChangeContext(seq);
    item.conflicts = std::move(records.changed);

    PushResult result;
    result.n = entry_.n;
    result.status = is_concurrent_ ? PushStatus::kMerged : PushStatus::kAccepted;
    if (!records.conflicts.empty()) result.status = PushStatus::kConflict;
    result.seq = seq;
    result.rev = seq;
    result.hash = item.hash;
    result.conflicts = std::move(records.conflicts);
    result.check = NextCheck(stage_.head().check, item);
    const Hlc largest = LargestStamp(item.delta).hlc;
    stage_.Append({std::move(item), result.check}, largest);
    return result;
  }

  /// Joins the entry into its context and says what that did to it.
  std::string ChangeContext(HubSequence seq) {
    HubContext& context = stage_.ChangeContext(entry_.context);
    const bool existed = Exists(context.state);
    const Delta raised = JoinAndTrim(context.state, numbered_.delta);
    RaiseWriters(context.writers, raised, {seq, pusher_.device}, ownership_);
    if (context.last.device != pusher_.device) context.last_of_other = context.last.seq;
    context.last = {seq, pusher_.device};
    const bool is_empty = numbered_.delta.cells.empty();
    if (is_empty && numbered_.LeavesOut()) return "conflict";
    if (!is_empty) {
      context.updated_at = pusher_.now;
      context.updated_by = entry_.agent;
    }
    return std::string(ChangeType(entry_, existed, Exists(context.state)));
  }

  /// That of the entry as pushed, or of what was left of it.
  [[nodiscard]] std::string NumberedHash() const {
    if (!numbered_.LeavesOut()) return entry_.hash;
    PushEntry rest = entry_;
    rest.delta = numbered_.delta;
    return EntryHash(rest);
  }

  HubStage& stage_;
  const Pusher& pusher_;
  const WriteOrigin origin_;
  const PushEntry& entry_;
  Trimmed numbered_;  // what is left of the entry, and why
  Ownership ownership_ = Ownership::kByEntry;
  bool is_concurrent_ = false;
};

}  // namespace

FeedCheck FirstCheck(const Epoch& epoch) {
  return FeedCheck(ShortHash(epoch.value));
}

FeedCheck NextCheck(const FeedCheck& previous, const FeedItem& item) {
  ByteWriter out;
  out.Raw(previous.value);
  out.Fixed64(item.seq.value);
  out.Raw(EncodeItemBody(item));
  return FeedCheck(ShortHash(std::move(out).Take()));
}

FeedItem NextItem(const HubStage& stage, const Pusher& pusher, const PushEntry& entry) {
  FeedItem item;
  item.seq = item.rev = stage.head().seq.Next();
  item.context = entry.context;
  item.changed_by = entry.agent;
  item.author = pusher.principal;
  item.source = entry.source;
  item.reason = entry.reason;
  item.timestamp = pusher.now;
  item.device = pusher.device;
  item.n = entry.n;
  item.id = entry.id;
  item.hash = entry.hash;
  item.tx = entry.tx;
  return item;
}

Result<PushResult> NumberEntry(HubStage& stage, const Pusher& pusher, const PushEntry& entry) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const HubContext* context, stage.Context(entry.context));
  if (entry.op != EntryOp::kRepair && context->purges.empty())
    return Numbering(stage, pusher, entry).Run();
  // Who was away brings what was purged meanwhile: at equal stamps a value would beat its deletion.
  PushEntry missing = entry;
  ApplyPurges(missing.delta, context->purges);
  PurgeRecords(missing.records, context->purges);
  if (entry.op != EntryOp::kRepair) return Numbering(stage, pusher, missing).Run();
  // Several notebooks repair the same loss; only what is still missing is numbered.
  missing.delta = Above(context->state, missing.delta);
  CONTEXTSYNC_ASSIGN_OR_RETURN(const bool brings_records, BringsRecords(stage, missing));
  if (missing.delta.cells.empty() && !brings_records) return ConsumedWithoutItem(stage, entry);
  return Numbering(stage, pusher, missing).Run();
}

PushResult DuplicateOf(EntryNumber n, const StoredItem& item) {
  PushResult result;
  result.n = n;
  result.status = PushStatus::kDuplicate;
  result.seq = item.item.seq;
  result.rev = item.item.rev;
  result.check = item.check;
  result.hash = item.item.hash;
  for (const ConflictRecord& record : item.item.conflicts) {
    if (IsSide(item.item.seq, record)) result.conflicts.push_back(record.id);
  }
  return result;
}

PushResult ConsumedWithoutItem(const HubStage& stage, const PushEntry& entry) {
  PushResult result;
  result.n = entry.n;
  result.status = PushStatus::kAccepted;
  result.seq = stage.head().seq;
  result.check = stage.head().check;
  result.hash = entry.hash;
  return result;
}

PushResult Rejection(EntryNumber n, std::string code, std::string message) {
  PushResult result;
  result.n = n;
  result.status = PushStatus::kRejected;
  result.code = std::move(code);
  result.message = std::move(message);
  return result;
}

}  // namespace contextsync

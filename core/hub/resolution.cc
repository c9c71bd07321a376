#include "core/hub/resolution.h"

#include <utility>

namespace contextsync {

namespace {

/// A notebook that decides twice knows what it decided first.
Result<Resolution> AgainstDecision(HubStage& stage, const WriteOrigin& origin,
                                   ConflictRecord record) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const std::optional<StoredItem> decision, stage.ItemAt(record.rev));
  const DeviceId decided_by = decision ? decision->item.device : DeviceId();
  if (origin.Has(decided_by)) return Resolution{};
  return Resolution{ResolutionEffect::kChallenges, std::move(record), decided_by};
}

}  // namespace

Result<Resolution> JudgeResolution(HubStage& stage, const PushEntry& entry,
                                   const WriteOrigin& origin) {
  if (entry.op != EntryOp::kResolve) return Resolution{};
  CONTEXTSYNC_ASSIGN_OR_RETURN(std::optional<ConflictRecord> record,
                               stage.Record(entry.context, entry.conflict));
  if (!record) return Resolution{};
  const bool is_closed = record->status == ConflictStatus::kResolved;
  const bool is_known = record->rev <= entry.base;
  if (is_closed && !is_known) return AgainstDecision(stage, origin, *std::move(record));
  // What changed since the person looked stays open against the choice.
  if (is_closed || !is_known) return Resolution{};
  return Resolution{ResolutionEffect::kCloses, *std::move(record), {}};
}

std::string FaultOfChoice(const PushEntry& entry) {
  if (!IsRecordId(entry.conflict)) return "conflict is not the id of a record";
  const bool is_choice =
      entry.choose == "current" || entry.choose == "incoming" || entry.choose == "value";
  return is_choice ? std::string() : "choose is none of current, incoming and value";
}

}  // namespace contextsync

#include "core/hub/entry_check.h"

#include <algorithm>

#include "core/document/codec.h"
#include "core/document/pointer.h"
#include "core/document/wire.h"
#include "core/hub/refiling.h"
#include "core/hub/resolution.h"
#include "core/hub/sequencer.h"
#include "core/ports/hub_wire.h"

namespace contextsync {

namespace {

std::optional<PushResult> Invalid(const PushEntry& entry, std::string message) {
  return Rejection(entry.n, "invalid", std::move(message));
}

bool IsAhead(const PushEntry& entry, UnixMillis now) {
  const Hlc bound = Hlc::FromMillis(now + kMaxClockSkewMillis);
  return entry.hlc > bound || LargestStamp(entry.delta).hlc > bound;
}

/// All stamps are (entry.hlc, one of the notebook's own ids).
bool HasOwnStamps(const PushEntry& entry, const EntryRules& rules) {
  const std::optional<Stamp> stamp = SingleEntryStamp(entry.delta);
  if (!stamp || stamp->hlc != entry.hlc) return false;
  if (stamp->device == rules.device) return true;
  return std::find(rules.former.begin(), rules.former.end(), stamp->device) != rules.former.end();
}

/// What can stand without a delta: the choice of what is shown; a repair of records, and one whose
/// values were purged before it was sent.
bool MayBeEmpty(const PushEntry& entry) {
  return entry.op == EntryOp::kResolve || entry.op == EntryOp::kRepair;
}

std::optional<PushResult> CheckContent(const PushEntry& entry, const EntryRules& rules) {
  if (entry.op == EntryOp::kPurge) {
    const bool is_sound = entry.delta.cells.empty() && entry.records.empty() &&
                          ValidatePointer(entry.purge.path) && !entry.purge.IsWhole();
    return is_sound ? std::nullopt : Invalid(entry, "a purge names a path and holds no change");
  }
  if (entry.op == EntryOp::kResolve) {
    if (std::string fault = FaultOfChoice(entry); !fault.empty()) return Invalid(entry, fault);
  }
  if (std::string fault = FaultOfRecords(entry); !fault.empty()) return Invalid(entry, fault);
  if (entry.delta.cells.empty()) {
    if (MayBeEmpty(entry)) return std::nullopt;
    return Invalid(entry, "the delta is empty");
  }
  if (entry.op != EntryOp::kRepair && !HasOwnStamps(entry, rules)) {
    return Invalid(entry, "the stamps are not all of this entry");
  }
  if (EncodeState(entry.delta).size() > limits::kEntryBytes) {
    return Rejection(entry.n, "too_large", "the entry is larger than any entry may be");
  }
  return std::nullopt;
}

}  // namespace

std::optional<PushResult> CheckEntry(const PushEntry& entry, const EntryRules& rules) {
  if (EntryHash(entry) != entry.hash) return Invalid(entry, "the hash is not that of the entry");
  if (const Status named = ValidateContextRef(entry.context); !named.ok()) {
    return Invalid(entry, named.error().message());
  }
  if (entry.agent.size() > limits::kAgentBytes) return Invalid(entry, "the agent name is too long");
  if (entry.base > rules.head) return Invalid(entry, "base is beyond the head");
  if (auto refusal = CheckContent(entry, rules)) return refusal;
  if (!IsAhead(entry, rules.now)) return std::nullopt;
  PushResult skewed;
  skewed.n = entry.n;
  skewed.status = PushStatus::kClockSkew;
  return skewed;
}

}  // namespace contextsync

#include "core/notebook/withdrawal.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/notebook/history.h"
#include "core/notebook/parking.h"
#include "core/notebook/push_results.h"
#include "core/notebook/receipts.h"

namespace contextsync {

namespace {

Result<std::vector<ParkedEntry>> ParkedOf(const TableReader& tables, std::string_view op_id) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(std::vector<ParkedEntry> found, parking::All(tables));
  std::erase_if(found, [op_id](const ParkedEntry& parked) { return parked.entry.op_id != op_id; });
  return found;
}

/// As when the version is compared here: what it is, what was expected, and what changed.
Result<Refusal> Mismatch(const Changeset& changes, const JournalEntry& entry) {
  const ContextRef& ref = entry.push.context;
  CONTEXTSYNC_ASSIGN_OR_RETURN(const Document document, changes.FindOrEmpty(ref));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto changed,
                               history::KeysSince(changes.tables(), ref, entry.push.base.value));
  const std::uint64_t seen = entry.version == 0 ? 0 : entry.version - 1;
  return Refusal{RefusalCode::kVersionMismatch,
                 "Another notebook changed the same thing meanwhile; nothing was written.",
                 "",
                 {{"version", document.header.Version()},
                  {"expected", seen},
                  {"changed_keys", changed},
                  {"level", ToString(ref.level)},
                  {"context_id", ref.id}}};
}

}  // namespace

Result<std::optional<Refusal>> Withdraw(Changeset& changes, std::string_view op_id) {
  if (changes.meta().parked == 0) return std::optional<Refusal>();
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto parked, ParkedOf(changes.tables(), op_id));
  const auto culprit = std::find_if(parked.begin(), parked.end(), [](const ParkedEntry& each) {
    return each.code == kVersionMismatchCode;
  });
  if (culprit == parked.end()) return std::optional<Refusal>();
  for (const auto& each : parked)
    CONTEXTSYNC_RETURN_IF_ERROR(parking::Discard(changes, each));
  CONTEXTSYNC_RETURN_IF_ERROR(receipts::Forget(changes, op_id));
  CONTEXTSYNC_ASSIGN_OR_RETURN(Refusal refusal, Mismatch(changes, culprit->entry));
  return std::optional<Refusal>(std::move(refusal));
}

}  // namespace contextsync

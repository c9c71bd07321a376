#include "core/notebook/withdrawal.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/notebook/changes_index.h"
#include "core/notebook/history.h"
#include "core/notebook/push_results.h"
#include "core/notebook/receipts.h"
#include "core/notebook/tables.h"

namespace contextsync {

namespace {

Result<std::vector<ParkedEntry>> ParkedOf(const TableReader& tables, std::string_view op_id) {
  std::vector<ParkedEntry> found;
  Status decoded;
  const auto collect = [&](std::string_view, std::string_view value) {
    auto parked = Decode<ParkedEntry>(value);
    if (!parked.ok()) {
      decoded = std::move(parked).error();
      return false;
    }
    if (parked.value().entry.op_id == op_id) found.push_back(std::move(parked).value());
    return true;
  };
  CONTEXTSYNC_RETURN_IF_ERROR(
      tables.Scan(tables::kParked, PrefixRange(keys::AllParked()), collect));
  CONTEXTSYNC_RETURN_IF_ERROR(std::move(decoded));
  return found;
}

/// The write said it was the last change; now the one before it is again.
Status DescribeByHistory(const Changeset& changes, const ContextRef& ref, DocumentHeader& header) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto last, history::Latest(changes.tables(), ref));
  if (!last) return {};
  header.updated_at = last->at;
  header.updated_by = last->agent;
  header.author = last->author;
  return {};
}

Status Discard(Changeset& changes, const JournalEntry& entry) {
  const ContextRef& ref = entry.push.context;
  auto& tables = changes.tables();
  tables.Delete(tables::kParked, keys::Parked(entry.push.id));
  tables.Delete(tables::kParked, keys::ParkedOf(ref, entry.push.id));
  --changes.meta().parked;
  changes_index::RemoveLocal(changes, entry.local);
  CONTEXTSYNC_ASSIGN_OR_RETURN(Document document, changes.FindOrEmpty(ref));
  DocumentHeader& header = document.header;
  --header.parked;
  if (header.unnumbered > 0) --header.unnumbered;
  if (header.unnumbered == 0) CONTEXTSYNC_RETURN_IF_ERROR(DescribeByHistory(changes, ref, header));
  CONTEXTSYNC_RETURN_IF_ERROR(LayParkedOver(tables, ref, document));
  return changes.Put(ref, std::move(document));
}

/// As when the version is compared here: what it is, what was expected, and what changed.
Result<Refusal> Mismatch(const Changeset& changes, const JournalEntry& entry) {
  const ContextRef& ref = entry.push.context;
  CONTEXTSYNC_ASSIGN_OR_RETURN(const Document document, changes.FindOrEmpty(ref));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto changed,
                               history::KeysSince(changes.tables(), ref, entry.push.base.value));
  const std::uint64_t seen = entry.version == 0 ? 0 : entry.version - 1;
  return Refusal{
      RefusalCode::kVersionMismatch,
      "Another notebook changed the same thing meanwhile; nothing was written.",
      "",
      {{"version", document.header.Version()}, {"expected", seen}, {"changed_keys", changed}}};
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
    CONTEXTSYNC_RETURN_IF_ERROR(Discard(changes, each.entry));
  CONTEXTSYNC_RETURN_IF_ERROR(receipts::Forget(changes, op_id));
  CONTEXTSYNC_ASSIGN_OR_RETURN(Refusal refusal, Mismatch(changes, culprit->entry));
  return std::optional<Refusal>(std::move(refusal));
}

}  // namespace contextsync

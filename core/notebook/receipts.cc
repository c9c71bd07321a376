#include "core/notebook/receipts.h"

#include <utility>
#include <vector>

#include "core/notebook/journal.h"
#include "core/notebook/tables.h"

namespace contextsync::receipts {

namespace {

constexpr UnixMillis kKeptMillis = 24LL * 60 * 60 * 1000;
constexpr std::uint64_t kMostKept = 100'000;
constexpr std::uint64_t kLeastKept = 1'000;

// More than one is added per write, so that the number falls again after it was above the bound.
constexpr std::size_t kDropTogether = 4;

struct Aged {
  std::string key;
  std::string op_id;
  UnixMillis at = 0;
};

Result<std::vector<Aged>> Oldest(const TableReader& tables) {
  std::vector<Aged> oldest;
  const auto collect = [&](std::string_view key, std::string_view op_id) {
    const std::size_t number_at = keys::OperationAges().size();
    const auto at = keys::TrailingNumber(key.substr(0, number_at + sizeof(std::uint64_t)));
    oldest.push_back({std::string(key), std::string(op_id), static_cast<UnixMillis>(at)});
    return oldest.size() < kDropTogether;
  };
  CONTEXTSYNC_RETURN_IF_ERROR(
      tables.Scan(tables::kOperations, PrefixRange(keys::OperationAges()), collect));
  return oldest;
}

/// When the oldest write was made that the hub has not confirmed, or refused; `now` when there is
/// none.
Result<UnixMillis> OldestUnconfirmed(const Changeset& changes, UnixMillis now) {
  UnixMillis oldest = now;
  const Meta& meta = changes.meta();
  const auto take_first = [&oldest](const JournalEntry& entry) {
    oldest = std::min(oldest, entry.created);
    return false;
  };
  CONTEXTSYNC_RETURN_IF_ERROR(
      journal::ForEach(changes.tables(), meta.acked_n.Next(), meta.next_n, take_first));
  if (meta.parked == 0) return oldest;
  Status decoded;
  const auto take_parked = [&](std::string_view, std::string_view value) {
    auto parked = Decode<ParkedEntry>(value);
    if (parked.ok()) {
      oldest = std::min(oldest, parked.value().entry.created);
    } else {
      decoded = std::move(parked).error();
    }
    return false;
  };
  CONTEXTSYNC_RETURN_IF_ERROR(
      changes.tables().Scan(tables::kParked, PrefixRange(keys::AllParked()), take_parked));
  CONTEXTSYNC_RETURN_IF_ERROR(std::move(decoded));
  return oldest;
}

Status DropOld(Changeset& changes, UnixMillis now) {
  if (changes.meta().operations <= kLeastKept) return {};
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto oldest, Oldest(changes.tables()));
  const bool may_be_old = !oldest.empty() && oldest.front().at < now - kKeptMillis;
  if (!may_be_old && changes.meta().operations <= kMostKept) return {};
  CONTEXTSYNC_ASSIGN_OR_RETURN(const UnixMillis unconfirmed, OldestUnconfirmed(changes, now));
  for (const auto& aged : oldest) {
    const bool is_old = aged.at < now - kKeptMillis && aged.at < unconfirmed;
    if (!is_old && changes.meta().operations <= kMostKept) break;
    changes.tables().Delete(tables::kOperations, aged.key);
    changes.tables().Delete(tables::kOperations, keys::Operation(aged.op_id));
    --changes.meta().operations;
  }
  return {};
}

}  // namespace

Result<std::optional<OperationRecord>> Find(const TableReader& tables, std::string_view op_id) {
  return GetRecord<OperationRecord>(tables, tables::kOperations, keys::Operation(op_id));
}

Status Keep(Changeset& changes, std::string_view op_id, const OperationRecord& record) {
  changes.tables().Put(tables::kOperations, keys::Operation(op_id), Encode(record));
  changes.tables().Put(tables::kOperations, keys::OperationAge(record.at, op_id),
                       std::string(op_id));
  ++changes.meta().operations;
  return DropOld(changes, record.at);
}

Status Forget(Changeset& changes, std::string_view op_id) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto known, Find(changes.tables(), op_id));
  if (!known) return {};
  changes.tables().Delete(tables::kOperations, keys::Operation(op_id));
  changes.tables().Delete(tables::kOperations, keys::OperationAge(known->at, op_id));
  --changes.meta().operations;
  return {};
}

}  // namespace contextsync::receipts

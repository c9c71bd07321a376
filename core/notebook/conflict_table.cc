#include "core/notebook/conflict_table.h"

#include <utility>

#include "core/notebook/tables.h"

namespace contextsync::conflict_table {

namespace {

void Forget(Changeset& changes, const ConflictRecord& record) {
  Meta& meta = changes.meta();
  --meta.conflicts_total;
  if (record.status == ConflictStatus::kOpen) --meta.conflicts_open;
  auto& tables = changes.tables();
  tables.Delete(tables::kConflicts, keys::ConflictAge(meta.generation, record.seq, record.id));
  tables.Delete(tables::kConflicts,
                keys::ConflictOf(meta.generation, record.context, record.seq, record.id));
}

}  // namespace

Status Put(Changeset& changes, const ConflictRecord& record) {
  Meta& meta = changes.meta();
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto known,
                               Find(changes.tables(), meta.generation, record.id));
  if (known) Forget(changes, *known);
  ++meta.conflicts_total;
  if (record.status == ConflictStatus::kOpen) ++meta.conflicts_open;
  auto& tables = changes.tables();
  tables.Put(tables::kConflicts, keys::Conflict(meta.generation, record.id), Encode(record));
  tables.Put(tables::kConflicts, keys::ConflictAge(meta.generation, record.seq, record.id),
             record.id);
  tables.Put(tables::kConflicts,
             keys::ConflictOf(meta.generation, record.context, record.seq, record.id), record.id);
  return {};
}

Result<std::optional<ConflictRecord>> Find(const TableReader& tables, keys::Generation generation,
                                           std::string_view id) {
  return GetRecord<ConflictRecord>(tables, tables::kConflicts, keys::Conflict(generation, id));
}

Result<std::vector<ConflictRecord>> Read(const TableReader& tables, keys::Generation generation,
                                         const ConflictQuery& query) {
  const std::string prefix = query.context ? keys::ConflictsOf(generation, *query.context)
                                           : keys::ConflictAges(generation);
  std::vector<ConflictRecord> records;
  Status read;
  const auto take = [&](std::string_view, std::string_view id) {
    auto record = Find(tables, generation, id);
    if (!record.ok()) {
      read = std::move(record).error();
      return false;
    }
    const bool is_wanted =
        record.value() && (!query.status || record.value()->status == *query.status);
    if (is_wanted) records.push_back(std::move(*record.value()));
    return records.size() < query.limit;
  };
  if (query.limit > 0)
    CONTEXTSYNC_RETURN_IF_ERROR(tables.Scan(tables::kConflicts, PrefixRange(prefix), take));
  CONTEXTSYNC_RETURN_IF_ERROR(std::move(read));
  return records;
}

}  // namespace contextsync::conflict_table

#include "core/notebook/conflict_table.h"

#include <charconv>
#include <functional>
#include <utility>

#include "core/notebook/tables.h"

namespace contextsync::conflict_table {

namespace {

/// Takes `record` out of counts and indexes.
void Unlist(Changeset& changes, const ConflictRecord& record) {
  Meta& meta = changes.meta();
  --meta.conflicts_total;
  if (record.status == ConflictStatus::kOpen) --meta.conflicts_open;
  auto& tables = changes.tables();
  tables.Delete(tables::kConflicts, keys::ConflictAge(meta.generation, record.seq, record.id));
  tables.Delete(tables::kConflicts,
                keys::ConflictOf(meta.generation, record.context, record.seq, record.id));
}

using RecordVisitor = std::function<bool(ConflictRecord&)>;

/// The records an index names within `range`, until `visit` returns false.
Status ForEach(const TableReader& tables, keys::Generation generation, const KeyRange& range,
               const RecordVisitor& visit) {
  Status read;
  const auto take = [&](std::string_view, std::string_view id) {
    auto record = Find(tables, generation, id);
    if (!record.ok()) {
      read = std::move(record).error();
      return false;
    }
    return !record.value() || visit(*record.value());
  };
  CONTEXTSYNC_RETURN_IF_ERROR(tables.Scan(tables::kConflicts, range, take));
  return read;
}

constexpr char kCursorSeparator = '.';

std::string CursorAfter(const ConflictRecord& record) {
  return std::to_string(record.seq.value) + kCursorSeparator + record.id;
}

/// Where the page after `cursor` begins.
Result<KeyRange> RangeAfter(keys::Generation generation, const std::string& cursor) {
  KeyRange range = PrefixRange(keys::ConflictAges(generation));
  if (cursor.empty()) return range;
  HubSequence seq;
  const char* const end = cursor.data() + cursor.size();
  const auto [stop, error] = std::from_chars(cursor.data(), end, seq.value);
  if (error != std::errc() || stop == end || *stop != kCursorSeparator)
    return Error(ErrorCode::kInvalidArgument, "`cursor` is not one that `conflicts` gave out.");
  range.from = keys::ConflictAge(generation, seq, std::string(stop + 1, end)) + '\0';
  return range;
}

bool Wants(const ConflictQuery& query, const ConflictRecord& record) {
  if (query.level && record.context.level != *query.level) return false;
  if (query.context_id && record.context.id != *query.context_id) return false;
  return !query.status || record.status == *query.status;
}

}  // namespace

Status Put(Changeset& changes, const ConflictRecord& record) {
  Meta& meta = changes.meta();
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto known,
                               Find(changes.tables(), meta.generation, record.id));
  if (known) Unlist(changes, *known);
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

void Forget(Changeset& changes, const ConflictRecord& record) {
  Unlist(changes, record);
  changes.tables().Delete(tables::kConflicts, keys::Conflict(changes.meta().generation, record.id));
}

Result<std::optional<ConflictRecord>> Find(const TableReader& tables, keys::Generation generation,
                                           std::string_view id) {
  return GetRecord<ConflictRecord>(tables, tables::kConflicts, keys::Conflict(generation, id));
}

Result<ConflictPage> Read(const TableReader& tables, keys::Generation generation,
                          const ConflictQuery& query) {
  ConflictPage page;
  CONTEXTSYNC_ASSIGN_OR_RETURN(const KeyRange range, RangeAfter(generation, query.cursor));
  const auto take = [&](ConflictRecord& record) {
    if (!Wants(query, record)) return true;
    if (page.records.size() == query.limit) {
      if (!page.records.empty()) page.next_cursor = CursorAfter(page.records.back());
      return false;
    }
    page.records.push_back(std::move(record));
    return true;
  };
  CONTEXTSYNC_RETURN_IF_ERROR(ForEach(tables, generation, range, take));
  return page;
}

Result<std::vector<ConflictRecord>> Of(const TableReader& tables, const Meta& meta,
                                       const ContextRef& ref) {
  std::vector<ConflictRecord> records;
  if (meta.conflicts_total == 0) return records;
  const auto take = [&records](ConflictRecord& record) {
    records.push_back(std::move(record));
    return true;
  };
  CONTEXTSYNC_RETURN_IF_ERROR(
      ForEach(tables, meta.generation, PrefixRange(keys::ConflictsOf(meta.generation, ref)), take));
  return records;
}

Result<bool> HasLive(const TableReader& tables, const Meta& meta, const ContextRef& ref) {
  bool has_live = false;
  if (meta.conflicts_total == 0) return has_live;
  const auto look = [&has_live](const ConflictRecord& record) {
    has_live = record.status != ConflictStatus::kResolved;
    return !has_live;
  };
  CONTEXTSYNC_RETURN_IF_ERROR(
      ForEach(tables, meta.generation, PrefixRange(keys::ConflictsOf(meta.generation, ref)), look));
  return has_live;
}

}  // namespace contextsync::conflict_table

#include "core/hub/table_hub_store.h"

#include <limits>
#include <utility>

#include "core/base/bytes.h"
#include "core/hub/hub_records.h"
#include "core/ports/protocol_mutant.h"

namespace contextsync {

namespace {

constexpr ReadBounds kAllRows = {std::numeric_limits<std::size_t>::max(),
                                 std::numeric_limits<std::size_t>::max()};

/// What every key of the workspace begins with. The length prefix keeps "a" from being a prefix of
/// "ab".
std::string WorkspaceKey(const WorkspaceId& workspace) {
  ByteWriter out;
  out.Text(workspace.value);
  return std::move(out).Take();
}

std::string NumberKey(std::string_view prefix, std::uint64_t number) {
  ByteWriter out;
  out.Raw(prefix);
  out.Fixed64(number);
  return std::move(out).Take();
}

std::string TextKey(std::string_view prefix, std::string_view text) {
  ByteWriter out;
  out.Raw(prefix);
  out.Text(text);
  return std::move(out).Take();
}

std::string ContextKey(std::string_view prefix, const ContextRef& context) {
  ByteWriter out;
  out.Raw(prefix);
  out.U8(static_cast<std::uint8_t>(context.level));
  out.Text(context.id);
  return std::move(out).Take();
}

Result<HubSequence> DecodeSequence(std::string_view bytes) {
  ByteReader in(bytes);
  const HubSequence seq(in.Varint());
  if (!in.ok() || !in.AtEnd()) return Error(ErrorCode::kCorruption, "damaged entry row");
  return seq;
}

std::string EncodeSequence(HubSequence seq) {
  ByteWriter out;
  out.Varint(seq.value);
  return std::move(out).Take();
}

}  // namespace

const std::vector<std::string>& TableHubStore::TableNames() {
  static const std::vector<std::string> kNames = {"hub_head",     "hub_device",  "hub_result",
                                                  "hub_feed",     "hub_entry",   "hub_context",
                                                  "hub_conflict", "hub_resolved"};
  return kNames;
}

template <typename Row>
Result<std::optional<Row>> TableHubStore::ReadRow(Table table, std::string_view key,
                                                  Result<Row> (*decode)(std::string_view)) const {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                               tables_.Get(IdOf(table), key));
  if (!bytes) return std::optional<Row>();
  CONTEXTSYNC_ASSIGN_OR_RETURN(Row row, decode(*bytes));
  return std::optional<Row>(std::move(row));
}

template <typename Row>
Result<bool> TableHubStore::ReadRows(Table table, const KeyRange& range, ReadBounds bounds,
                                     Result<Row> (*decode)(std::string_view),
                                     std::vector<Row>& rows) const {
  bool more = false;
  std::size_t used_bytes = 0;
  Status decoded;
  const auto visit = [&](std::string_view /*key*/, std::string_view value) {
    used_bytes += value.size();
    more = !rows.empty() && (rows.size() >= bounds.rows || used_bytes > bounds.bytes);
    if (more) return false;
    Result<Row> row = decode(value);
    if (!row.ok()) {
      decoded = std::move(row).error();
      return false;
    }
    rows.push_back(std::move(row).value());
    return true;
  };
  CONTEXTSYNC_RETURN_IF_ERROR(tables_.Scan(IdOf(table), range, visit));
  CONTEXTSYNC_RETURN_IF_ERROR(std::move(decoded));
  return more;
}

Result<std::vector<WorkspaceId>> TableHubStore::Workspaces() {
  std::vector<WorkspaceId> workspaces;
  bool is_sound = true;
  const auto visit = [&](std::string_view key, std::string_view /*value*/) {
    ByteReader in(key);
    workspaces.emplace_back(std::string(in.Text()));
    is_sound = in.ok() && in.AtEnd();
    return is_sound;
  };
  CONTEXTSYNC_RETURN_IF_ERROR(tables_.Scan(IdOf(Table::kHead), KeyRange{}, visit));
  if (!is_sound) return Error(ErrorCode::kCorruption, "damaged workspace key");
  return workspaces;
}

Result<std::optional<WorkspaceHead>> TableHubStore::ReadHead(const WorkspaceId& workspace) {
  return ReadRow(Table::kHead, WorkspaceKey(workspace), &DecodeHead);
}

Result<std::optional<HubDevice>> TableHubStore::ReadDevice(const WorkspaceId& workspace,
                                                           DeviceId device) {
  return ReadRow(Table::kDevice, NumberKey(WorkspaceKey(workspace), device.value), &DecodeDevice);
}

Result<std::vector<HubDevice>> TableHubStore::ReadDevices(const WorkspaceId& workspace) {
  std::vector<HubDevice> devices;
  const KeyRange range = PrefixRange(WorkspaceKey(workspace));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const bool more,
                               ReadRows(Table::kDevice, range, kAllRows, &DecodeDevice, devices));
  CONTEXTSYNC_CHECK(!more);  // there was no bound
  return devices;
}

Result<std::optional<StoredResult>> TableHubStore::ReadResult(const WorkspaceId& workspace,
                                                              DeviceId device, EntryNumber n) {
  const std::string device_key = NumberKey(WorkspaceKey(workspace), device.value);
  return ReadRow(Table::kResult, NumberKey(device_key, n.value), &DecodeResult);
}

Result<std::optional<HubSequence>> TableHubStore::FindEntry(const WorkspaceId& workspace,
                                                            const EntryId& id) {
  return ReadRow(Table::kEntry, TextKey(WorkspaceKey(workspace), id.value), &DecodeSequence);
}

Result<FeedSlice> TableHubStore::ReadFeed(const WorkspaceId& workspace, HubSequence since,
                                          ReadBounds bounds) {
  const std::string prefix = WorkspaceKey(workspace);
  if (since.value == std::numeric_limits<std::uint64_t>::max()) return FeedSlice{};
  const KeyRange range = {NumberKey(prefix, since.value + 1), PrefixEnd(prefix), false};
  FeedSlice slice;
  CONTEXTSYNC_ASSIGN_OR_RETURN(slice.more,
                               ReadRows(Table::kFeed, range, bounds, &DecodeItem, slice.items));
  return slice;
}

Result<std::optional<HubContext>> TableHubStore::ReadContext(const WorkspaceId& workspace,
                                                             const ContextRef& context) {
  return ReadRow(Table::kContext, ContextKey(WorkspaceKey(workspace), context), &DecodeContext);
}

Result<ContextSlice> TableHubStore::ReadContexts(const WorkspaceId& workspace,
                                                 const std::optional<ContextRef>& after,
                                                 ReadBounds bounds) {
  const std::string prefix = WorkspaceKey(workspace);
  KeyRange range = PrefixRange(prefix);
  if (after) range.from = ContextKey(prefix, *after) + std::string(1, '\0');
  ContextSlice slice;
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      slice.more, ReadRows(Table::kContext, range, bounds, &DecodeContext, slice.contexts));
  return slice;
}

Result<std::vector<ConflictRecord>> TableHubStore::ReadConflicts(const WorkspaceId& workspace,
                                                                 const RecordFilter& filter) {
  const std::string prefix = WorkspaceKey(workspace);
  const KeyRange range = PrefixRange(filter.context ? ContextKey(prefix, *filter.context) : prefix);
  std::vector<ConflictRecord> records;
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      bool more, ReadRows(Table::kConflict, range, kAllRows, &DecodeConflict, records));
  if (filter.with_resolved) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(
        more, ReadRows(Table::kResolved, range, kAllRows, &DecodeConflict, records));
  }
  CONTEXTSYNC_CHECK(!more);  // there was no bound
  return records;
}

void TableHubStore::PutFeed(TableBatch& batch, const std::string& workspace_key,
                            const HubCommit& commit) const {
  for (const HubCommit::DroppedItem& dropped : commit.dropped_items) {
    batch.Delete(IdOf(Table::kFeed), NumberKey(workspace_key, dropped.seq.value));
    batch.Delete(IdOf(Table::kEntry), TextKey(workspace_key, dropped.id.value));
  }
  for (const StoredItem& item : commit.rewritten_items) {
    batch.Put(IdOf(Table::kFeed), NumberKey(workspace_key, item.item.seq.value), EncodeItem(item));
  }
  for (const StoredItem& item : commit.items) {
    const HubSequence seq = item.item.seq;
    batch.Put(IdOf(Table::kFeed), NumberKey(workspace_key, seq.value), EncodeItem(item));
    batch.Put(IdOf(Table::kEntry), TextKey(workspace_key, item.item.id.value), EncodeSequence(seq));
  }
}

void TableHubStore::PutConflict(TableBatch& batch, const std::string& workspace_key,
                                const ConflictRecord& record) const {
  const bool is_closed = record.status == ConflictStatus::kResolved;
  const std::string key = TextKey(ContextKey(workspace_key, record.context), record.id);
  batch.Put(IdOf(is_closed ? Table::kResolved : Table::kConflict), key, EncodeConflict(record));
  batch.Delete(IdOf(is_closed ? Table::kConflict : Table::kResolved), key);
}

Status TableHubStore::Commit(const WorkspaceId& workspace, const HubCommit& commit) {
  const std::string prefix = WorkspaceKey(workspace);
  TableBatch batch;
  batch.Put(IdOf(Table::kHead), prefix, EncodeHead(commit.head));
  for (const HubDevice& device : commit.devices) {
    batch.Put(IdOf(Table::kDevice), NumberKey(prefix, device.id.value), EncodeDevice(device));
  }
  for (const HubCommit::Pruned& pruned : commit.pruned) {
    const std::string device_key = NumberKey(prefix, pruned.device.value);
    for (EntryNumber n = pruned.from; n <= pruned.through; n = n.Next()) {
      batch.Delete(IdOf(Table::kResult), NumberKey(device_key, n.value));
    }
  }
  for (const StoredResult& result : commit.results) {
    const std::string device_key = NumberKey(prefix, result.device.value);
    batch.Put(IdOf(Table::kResult), NumberKey(device_key, result.result.n.value),
              EncodeResult(result));
  }
  for (const HubContext& context : commit.contexts) {
    batch.Put(IdOf(Table::kContext), ContextKey(prefix, context.ref), EncodeContext(context));
  }
  PutFeed(batch, prefix, commit);
  for (const ConflictRecord& record : commit.conflicts)
    PutConflict(batch, prefix, record);
  for (const HubCommit::ForgottenRecord& record : commit.forgotten_records) {
    const std::string key = TextKey(ContextKey(prefix, record.context), record.id);
    batch.Delete(IdOf(Table::kConflict), key);
    batch.Delete(IdOf(Table::kResolved), key);
  }
  const bool is_late = MutantActive(ProtocolMutant::kHubAnswersBeforeFsync);
  return tables_.Write(batch, is_late ? Durability::kBuffered : Durability::kSynced);
}

}  // namespace contextsync

#include "core/hub/hub_records.h"

#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/document/codec.h"
#include "core/hub/conflict_codec.h"
#include "core/hub/row_fields.h"
#include "core/hub/writer_table.h"

namespace contextsync {

namespace {

constexpr std::uint8_t kFormat = 1;

ByteWriter Begin() {
  ByteWriter out;
  out.U8(kFormat);
  return out;
}

Error Damaged(std::string_view what) {
  return {ErrorCode::kCorruption, "damaged " + std::string(what)};
}

Status CheckFormat(ByteReader& in, std::string_view what) {
  const std::uint8_t format = in.U8();
  if (!in.ok() || format == 0) return Damaged(what);
  if (format > kFormat) {
    return Error(ErrorCode::kUnavailable, std::string(what) + " was written by a newer build");
  }
  return {};
}

/// A flag at the end of a row, written only where it is set. False for anything else there.
bool ReadLateFlag(ByteReader& in, bool& flag) {
  if (!in.ok() || in.AtEnd()) return true;
  flag = in.U8() == 1;
  return flag;
}

void WriteWriter(ByteWriter& out, const Writer& writer) {
  out.Varint(writer.seq.value);
  out.Fixed64(writer.device.value);
}

Writer ReadWriter(ByteReader& in) {
  Writer writer;
  writer.seq = HubSequence(in.Varint());
  writer.device = DeviceId(in.Fixed64());
  return writer;
}

void WriteTx(ByteWriter& out, const std::optional<TxPart>& tx) {
  out.U8(tx ? 1 : 0);
  if (!tx) return;
  out.Text(tx->id);
  out.Varint(tx->index);
  out.Varint(tx->count);
}

std::optional<TxPart> ReadTx(ByteReader& in) {
  if (!ReadBool(in)) return std::nullopt;
  TxPart tx;
  tx.id = ReadText(in);
  tx.index = static_cast<std::uint32_t>(in.Varint());
  tx.count = static_cast<std::uint32_t>(in.Varint());
  return tx;
}

void WriteItemBody(ByteWriter& out, const FeedItem& item) {
  out.Text(item.kind);
  WriteContextRef(out, item.context);
  out.Text(item.change_type);
  out.Text(item.changed_by);
  out.Text(item.author);
  out.Text(item.source);
  out.Text(item.reason);
  WriteMillis(out, item.timestamp);
  out.Fixed64(item.device.value);
  out.Varint(item.n.value);
  out.Text(item.id.value);
  out.Text(item.hash);
  WriteTx(out, item.tx);
  out.Varint(item.rev.value);
  out.Text(EncodeState(item.delta));
  out.Varint(item.conflicts.size());
  for (const ConflictRecord& record : item.conflicts)
    WriteConflict(out, record);
  if (item.kind == kPurging) out.Text(EncodePurges({item.purge}));
  if (item.kind != kCollection) return;
  out.Text(EncodeDrops(item.drops));
  out.Varint(item.forgotten.size());
  for (const std::string& id : item.forgotten)
    out.Text(id);
}

/// The text fields and numbers before the delta; false when the level is unknown.
bool ReadItemLabels(ByteReader& in, FeedItem& item) {
  item.kind = ReadText(in);
  const bool has_level = ReadContextRef(in, item.context);
  item.change_type = ReadText(in);
  item.changed_by = ReadText(in);
  item.author = ReadText(in);
  item.source = ReadText(in);
  item.reason = ReadText(in);
  item.timestamp = ReadMillis(in);
  item.device = DeviceId(in.Fixed64());
  item.n = EntryNumber(in.Varint());
  item.id = EntryId(ReadText(in));
  item.hash = ReadText(in);
  item.tx = ReadTx(in);
  item.rev = HubSequence(in.Varint());
  return has_level;
}

Status ReadPurge(ByteReader& in, Purge& purge) {
  const std::string_view bytes = in.Text();
  if (!in.ok()) return Damaged("feed item");
  CONTEXTSYNC_ASSIGN_OR_RETURN(std::vector<Purge> purges, DecodePurges(bytes));
  if (purges.size() != 1) return Damaged("feed item");
  purge = std::move(purges.front());
  return {};
}

Status ReadItemBody(ByteReader& in, FeedItem& item) {
  if (!ReadItemLabels(in, item)) return Damaged("feed item");
  const std::string_view delta = in.Text();
  if (!in.ok()) return Damaged("feed item");
  CONTEXTSYNC_ASSIGN_OR_RETURN(item.delta, DecodeState(delta));
  const std::uint64_t count = in.Varint();
  for (std::uint64_t i = 0; in.ok() && i < count; ++i) {
    if (!ReadConflict(in, item.conflicts.emplace_back())) return Damaged("feed item");
  }
  if (item.kind == kPurging) return ReadPurge(in, item.purge);
  if (item.kind != kCollection) return {};
  const std::string_view drops = in.Text();
  if (!in.ok()) return Damaged("feed item");
  CONTEXTSYNC_ASSIGN_OR_RETURN(item.drops, DecodeDrops(drops));
  const std::uint64_t forgotten = in.Varint();
  for (std::uint64_t i = 0; in.ok() && i < forgotten; ++i)
    item.forgotten.push_back(ReadText(in));
  return {};
}

}  // namespace

std::string EncodeHead(const WorkspaceHead& head) {
  ByteWriter out = Begin();
  out.Text(head.epoch.value);
  out.Fixed64(head.hub_device.value);
  out.Fixed64(head.hub_hlc.value);
  out.Varint(head.seq.value);
  out.Text(head.check.value);
  out.Varint(head.gc_floor.value);
  out.Fixed64(head.largest_hlc.value);
  out.Text(head.previous_epoch.value);
  out.Varint(head.fork_seq.value);
  if (head.must_scrub) out.U8(1);
  return std::move(out).Take();
}

Result<WorkspaceHead> DecodeHead(std::string_view bytes) {
  ByteReader in(bytes);
  CONTEXTSYNC_RETURN_IF_ERROR(CheckFormat(in, "workspace head"));
  WorkspaceHead head;
  head.epoch = Epoch(ReadText(in));
  head.hub_device = DeviceId(in.Fixed64());
  head.hub_hlc = Hlc{in.Fixed64()};
  head.seq = HubSequence(in.Varint());
  head.check = FeedCheck(ReadText(in));
  head.gc_floor = HubSequence(in.Varint());
  head.largest_hlc = Hlc{in.Fixed64()};
  head.previous_epoch = Epoch(ReadText(in));
  head.fork_seq = HubSequence(in.Varint());
  if (!ReadLateFlag(in, head.must_scrub)) return Damaged("workspace head");
  if (!in.ok() || !in.AtEnd()) return Damaged("workspace head");
  return head;
}

std::string EncodeDevice(const HubDevice& device) {
  ByteWriter out = Begin();
  out.Fixed64(device.id.value);
  out.Text(device.principal);
  out.Varint(device.last_n.value);
  out.Varint(device.acked_n.value);
  out.Varint(device.cursor.value);
  out.Varint(device.low_base.value);
  WriteMillis(out, device.seen_at);
  return std::move(out).Take();
}

Result<HubDevice> DecodeDevice(std::string_view bytes) {
  ByteReader in(bytes);
  CONTEXTSYNC_RETURN_IF_ERROR(CheckFormat(in, "device row"));
  HubDevice device;
  device.id = DeviceId(in.Fixed64());
  device.principal = ReadText(in);
  device.last_n = EntryNumber(in.Varint());
  device.acked_n = EntryNumber(in.Varint());
  device.cursor = HubSequence(in.Varint());
  device.low_base = HubSequence(in.Varint());
  device.seen_at = ReadMillis(in);
  if (!in.ok() || !in.AtEnd()) return Damaged("device row");
  return device;
}

std::string EncodeResult(const StoredResult& result) {
  ByteWriter out = Begin();
  out.Fixed64(result.device.value);
  out.Text(result.id.value);
  const PushResult& answer = result.result;
  out.Varint(answer.n.value);
  out.U8(static_cast<std::uint8_t>(answer.status));
  out.Varint(answer.seq.value);
  out.Varint(answer.rev.value);
  out.Text(answer.check.value);
  out.Text(answer.hash);
  out.Varint(answer.conflicts.size());
  for (const std::string& id : answer.conflicts)
    out.Text(id);
  out.Text(answer.code);
  out.Text(answer.message);
  return std::move(out).Take();
}

Result<StoredResult> DecodeResult(std::string_view bytes) {
  ByteReader in(bytes);
  CONTEXTSYNC_RETURN_IF_ERROR(CheckFormat(in, "push result"));
  StoredResult result;
  result.device = DeviceId(in.Fixed64());
  result.id = EntryId(ReadText(in));
  PushResult& answer = result.result;
  answer.n = EntryNumber(in.Varint());
  const std::uint8_t status = in.U8();
  answer.status = static_cast<PushStatus>(status);
  answer.seq = HubSequence(in.Varint());
  answer.rev = HubSequence(in.Varint());
  answer.check = FeedCheck(ReadText(in));
  answer.hash = ReadText(in);
  const std::uint64_t count = in.Varint();
  for (std::uint64_t i = 0; in.ok() && i < count; ++i)
    answer.conflicts.push_back(ReadText(in));
  answer.code = ReadText(in);
  answer.message = ReadText(in);
  const bool known_status = status <= static_cast<std::uint8_t>(PushStatus::kRetry);
  if (!in.ok() || !in.AtEnd() || !known_status) return Damaged("push result");
  return result;
}

std::string EncodeItemBody(const FeedItem& item) {
  ByteWriter out;
  WriteItemBody(out, item);
  return std::move(out).Take();
}

std::string EncodeItem(const StoredItem& item) {
  ByteWriter out = Begin();
  out.Varint(item.item.seq.value);
  out.Text(item.check.value);
  WriteItemBody(out, item.item);
  if (item.is_purged) out.U8(1);
  return std::move(out).Take();
}

Result<StoredItem> DecodeItem(std::string_view bytes) {
  ByteReader in(bytes);
  CONTEXTSYNC_RETURN_IF_ERROR(CheckFormat(in, "feed item"));
  StoredItem item;
  item.item.seq = HubSequence(in.Varint());
  item.check = FeedCheck(ReadText(in));
  CONTEXTSYNC_RETURN_IF_ERROR(ReadItemBody(in, item.item));
  if (!ReadLateFlag(in, item.is_purged)) return Damaged("feed item");
  if (!in.ok() || !in.AtEnd()) return Damaged("feed item");
  return item;
}

std::string EncodeContext(const HubContext& context) {
  ByteWriter out = Begin();
  WriteContextRef(out, context.ref);
  WriteWriter(out, context.last);
  out.Varint(context.last_of_other.value);
  WriteMillis(out, context.updated_at);
  out.Text(context.updated_by);
  out.Text(EncodeState(context.state));
  out.Text(EncodeWriters(context.writers));
  if (!context.purges.empty()) out.Text(EncodePurges(context.purges));
  return std::move(out).Take();
}

Result<HubContext> DecodeContext(std::string_view bytes) {
  ByteReader in(bytes);
  CONTEXTSYNC_RETURN_IF_ERROR(CheckFormat(in, "context row"));
  HubContext context;
  const bool has_level = ReadContextRef(in, context.ref);
  context.last = ReadWriter(in);
  context.last_of_other = HubSequence(in.Varint());
  context.updated_at = ReadMillis(in);
  context.updated_by = ReadText(in);
  const std::string_view state = in.Text();
  const std::string_view writers = in.Text();
  const bool is_purged = in.ok() && !in.AtEnd();
  const std::string_view purges = is_purged ? in.Text() : std::string_view();
  if (!in.ok() || !in.AtEnd() || !has_level) return Damaged("context row");
  CONTEXTSYNC_ASSIGN_OR_RETURN(context.state, DecodeState(state));
  CONTEXTSYNC_ASSIGN_OR_RETURN(context.writers, DecodeWriters(writers));
  if (is_purged) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(context.purges, DecodePurges(purges));
  }
  return context;
}

std::string EncodeConflict(const ConflictRecord& record) {
  ByteWriter out = Begin();
  WriteConflict(out, record);
  return std::move(out).Take();
}

Result<ConflictRecord> DecodeConflict(std::string_view bytes) {
  ByteReader in(bytes);
  CONTEXTSYNC_RETURN_IF_ERROR(CheckFormat(in, "conflict record"));
  ConflictRecord record;
  if (!ReadConflict(in, record) || !in.AtEnd()) return Damaged("conflict record");
  return record;
}

}  // namespace contextsync

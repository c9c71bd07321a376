#include "core/hub/conflict_codec.h"

#include <utility>

#include "core/document/codec.h"
#include "core/hub/row_fields.h"

namespace contextsync {

namespace {

void WriteStamp(ByteWriter& out, const Stamp& stamp) {
  out.Fixed64(stamp.hlc.value);
  out.Fixed64(stamp.device.value);
  out.Varint(stamp.index);
}

Stamp ReadStamp(ByteReader& in) {
  Stamp stamp;
  stamp.hlc = Hlc{in.Fixed64()};
  stamp.device = DeviceId(in.Fixed64());
  stamp.index = static_cast<std::uint32_t>(in.Varint());
  return stamp;
}

void WriteSide(ByteWriter& out, const ConflictSide& side) {
  out.U8(side.value ? 1 : 0);
  if (side.value) out.Text(*side.value);
  WriteStamp(out, side.stamp);
  out.Text(side.agent);
  out.Fixed64(side.device.value);
  out.Varint(side.n.value);
  out.Text(side.id.value);
  out.Varint(side.seq.value);
  WriteMillis(out, side.at);
}

ConflictSide ReadSide(ByteReader& in) {
  ConflictSide side;
  if (ReadBool(in)) side.value = ReadText(in);
  side.stamp = ReadStamp(in);
  side.agent = ReadText(in);
  side.device = DeviceId(in.Fixed64());
  side.n = EntryNumber(in.Varint());
  side.id = EntryId(ReadText(in));
  side.seq = HubSequence(in.Varint());
  side.at = ReadMillis(in);
  return side;
}

bool ReadLeftOut(ByteReader& in, LeftOut& left_out) {
  const std::string_view bytes = in.Text();
  if (bytes.empty()) return true;
  Result<Delta> delta = DecodeState(bytes);
  if (!delta.ok()) return false;
  left_out = LeftOut(std::move(delta).value());
  return true;
}

}  // namespace

void WriteConflict(ByteWriter& out, const ConflictRecord& record) {
  out.Text(record.id);
  out.Varint(record.rev.value);
  out.Varint(record.seq.value);
  WriteContextRef(out, record.context);
  out.Text(record.path);
  out.U8(static_cast<std::uint8_t>(record.kind));
  WriteSide(out, record.current);
  WriteSide(out, record.incoming);
  out.U8(static_cast<std::uint8_t>(record.strategy));
  out.U8(static_cast<std::uint8_t>(record.status));
  out.Text(record.left_out.empty() ? std::string() : EncodeState(record.left_out.delta()));
  out.U8(record.resolution ? 1 : 0);
  if (!record.resolution) return;
  out.Text(record.resolution->choose);
  out.Text(record.resolution->by);
  out.Varint(record.resolution->seq.value);
}

bool ReadConflict(ByteReader& in, ConflictRecord& record) {
  record.id = ReadText(in);
  record.rev = HubSequence(in.Varint());
  record.seq = HubSequence(in.Varint());
  const bool has_level = ReadContextRef(in, record.context);
  record.path = ReadText(in);
  const std::uint8_t kind = in.U8();
  record.kind = static_cast<ConflictKind>(kind);
  record.current = ReadSide(in);
  record.incoming = ReadSide(in);
  const std::uint8_t strategy = in.U8();
  record.strategy = static_cast<Strategy>(strategy);
  const std::uint8_t status = in.U8();
  record.status = static_cast<ConflictStatus>(status);
  const bool is_left_out_sound = ReadLeftOut(in, record.left_out);
  if (ReadBool(in)) {
    ConflictResolution resolution;
    resolution.choose = ReadText(in);
    resolution.by = ReadText(in);
    resolution.seq = HubSequence(in.Varint());
    record.resolution = std::move(resolution);
  }
  return in.ok() && has_level && is_left_out_sound &&
         kind <= static_cast<std::uint8_t>(ConflictKind::kDeleteUpdate) &&
         strategy <= static_cast<std::uint8_t>(Strategy::kManual) &&
         status <= static_cast<std::uint8_t>(ConflictStatus::kResolved);
}

}  // namespace contextsync

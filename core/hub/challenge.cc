#include "core/hub/challenge.h"

#include <algorithm>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/hash.h"
#include "core/document/join.h"
#include "core/hub/conflict_side.h"

namespace contextsync {

namespace {

constexpr std::string_view kParentRecord = "@parent";
constexpr std::string_view kRecordPrefix = "c-";
constexpr std::size_t kRecordDigits = 16;

}  // namespace

bool WriteOrigin::Has(DeviceId id) const {
  return id == device || std::find(former.begin(), former.end(), id) != former.end();
}

bool IsChallenger(const ConflictRecord& record, const WriteOrigin& origin) {
  return record.status == ConflictStatus::kOpen && origin.Has(record.incoming.device);
}

bool IsChained(const ConflictRecord& record, const PushEntry& entry, const WriteOrigin& origin) {
  if (record.left_out.empty() || !IsChallenger(record, origin)) return false;
  return entry.over && *entry.over <= record.incoming.id;
}

bool WritesAbove(const Delta& delta, std::string_view path) {
  return ParentPointer(path) != path && WrittenAt(delta, ParentPointer(path)).has_value();
}

void AddLeftOut(ConflictRecord& record, const Delta& part) {
  Delta left_out = record.left_out.delta();
  Join(left_out, part);
  const std::string path = CellPathOf(record.path);
  record.incoming.value = WantedBytes(left_out, path, path);
  record.incoming.stamp = LargestStamp(left_out);
  record.left_out = LeftOut(std::move(left_out));
}

std::string RecordId(const ContextRef& context, std::string_view path, const EntryId& entry) {
  ByteWriter out;
  out.U8(static_cast<std::uint8_t>(context.level));
  out.Text(context.id);
  out.Text(path);
  out.Text(entry.value);
  return std::string(kRecordPrefix) + ShortHash(std::move(out).Take());
}

bool IsRecordId(std::string_view id) {
  if (!id.starts_with(kRecordPrefix)) return false;
  const std::string_view digits = id.substr(kRecordPrefix.size());
  return digits.size() == kRecordDigits &&
         digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string CellPathOf(std::string_view record_path) {
  if (record_path == kParentRecord) return std::string(kMetaParent);
  return DataPath(record_path);
}

std::string RecordPathOf(std::string_view cell_path) {
  if (cell_path == kMetaParent) return std::string(kParentRecord);
  return std::string(DataPointer(cell_path));
}

}  // namespace contextsync

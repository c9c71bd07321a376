#include "storage/rocks/file_high_water_mark.h"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "core/base/bytes.h"
#include "core/base/hash.h"

namespace contextsync {
namespace {

// "CSHW", version, next_n, hlc, cursor, CRC-32 of all that; numbers big-endian. The version is a
// full word so that the record has one size for ever.
constexpr std::string_view kMagic = "CSHW";
constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kWords = 5;
constexpr std::size_t kRecordBytes = 4 + kWords * 8;

std::string Encode(const WaterMark& mark) {
  ByteWriter body;
  body.Raw(kMagic);
  body.Fixed64(kVersion);
  body.Fixed64(mark.next_n.value);
  body.Fixed64(mark.hlc.value);
  body.Fixed64(mark.cursor.value);
  const std::string bytes = std::move(body).Take();
  ByteWriter record;
  record.Raw(bytes);
  record.Fixed64(Crc32(bytes));
  return std::move(record).Take();
}

std::optional<WaterMark> Decode(std::string_view record) {
  if (record.size() != kRecordBytes || !record.starts_with(kMagic)) return std::nullopt;
  ByteReader reader(record.substr(kMagic.size()));
  const std::uint64_t version = reader.Fixed64();
  WaterMark mark;
  mark.next_n = EntryNumber(reader.Fixed64());
  mark.hlc = Hlc{reader.Fixed64()};
  mark.cursor = HubSequence(reader.Fixed64());
  const std::uint64_t crc = reader.Fixed64();
  const bool is_whole = crc == Crc32(record.substr(0, kRecordBytes - 8));
  return is_whole && version == kVersion ? std::optional(mark) : std::nullopt;
}

}  // namespace

Result<std::unique_ptr<FileHighWaterMark>> FileHighWaterMark::Open(const std::string& directory) {
  std::string path = directory + ".hwm";
  Result<Descriptor> file = OpenOwnFile(path);
  if (!file.ok()) return std::move(file).error();
  return std::unique_ptr<FileHighWaterMark>(
      new FileHighWaterMark(std::move(file).value(), std::move(path)));
}

std::optional<WaterMark> FileHighWaterMark::Load() const {
  std::array<char, kRecordBytes + 1> bytes{};  // one more: a longer file is not ours
  const ssize_t length = ::pread(file_.get(), bytes.data(), bytes.size(), 0);
  if (length < 0) return std::nullopt;
  return Decode({bytes.data(), static_cast<std::size_t>(length)});
}

Status FileHighWaterMark::Store(const WaterMark& mark) {
  const std::string record = Encode(mark);
  const ssize_t written = ::pwrite(file_.get(), record.data(), record.size(), 0);
  if (written == static_cast<ssize_t>(record.size())) return {};
  return ErrorFromErrno(written < 0 ? errno : ENOSPC, "writing", path_);
}

Status FileHighWaterMark::Sync() {
  if (::fdatasync(file_.get()) == 0) return {};
  return ErrorFromErrno(errno, "syncing", path_);
}

}  // namespace contextsync

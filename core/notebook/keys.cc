#include "core/notebook/keys.h"

#include "core/base/bytes.h"

namespace contextsync::keys {

namespace {

// First byte of a key, in tables that hold several kinds of record.
constexpr std::string_view kRecord = "r";
constexpr std::string_view kByContext = "c";
constexpr std::string_view kByAge = "t";
constexpr std::string_view kRebuild = "b";
constexpr std::string_view kPurges = "p";
constexpr std::string_view kScrub = "x";
constexpr std::string_view kHeader = "h";
constexpr std::string_view kCells = "s";
constexpr std::string_view kNumbered = "v";
constexpr std::string_view kFolded = "l";
constexpr std::string_view kCollected = "g";
constexpr std::string_view kCheckpoint = "k";
constexpr std::string_view kLocalCheckpoint = "m";
constexpr std::string_view kFeed = "f";
constexpr std::string_view kLocal = "l";

class KeyWriter {
 public:
  explicit KeyWriter(std::string_view kind) { bytes_.Raw(kind); }
  KeyWriter(Generation generation, std::string_view kind) {
    bytes_.U8(generation);
    bytes_.Raw(kind);
  }

  KeyWriter& Add(const ContextRef& ref) {
    bytes_.U8(static_cast<std::uint8_t>(ref.level));
    bytes_.Text(ref.id);
    return *this;
  }
  KeyWriter& Add(std::uint64_t number) {
    bytes_.Fixed64(number);
    return *this;
  }
  KeyWriter& Add(std::string_view raw) {
    bytes_.Raw(raw);
    return *this;
  }
  std::string Take() { return std::move(bytes_).Take(); }

 private:
  ByteWriter bytes_;
};

std::optional<ContextRef> ReadContext(ByteReader& reader) {
  const std::uint8_t level = reader.U8();
  ContextRef ref{static_cast<Level>(level), std::string(reader.Text())};
  if (!reader.ok() || level >= kAllLevels.size()) return std::nullopt;
  return ref;
}

std::optional<ContextRef> ParseAfter(std::size_t skipped, std::string_view key) {
  if (key.size() < skipped) return std::nullopt;
  ByteReader reader(key.substr(skipped));
  auto ref = ReadContext(reader);
  return reader.AtEnd() ? ref : std::nullopt;
}

// Newest first in ascending byte order.
std::uint64_t Descending(std::uint64_t number) {
  return ~number;
}

}  // namespace

std::string Context(const ContextRef& ref) {
  return KeyWriter("").Add(ref).Take();
}

std::string MetaRecord() {
  return std::string(kRecord);
}
std::string RebuildMark(const ContextRef& ref) {
  return KeyWriter(kRebuild).Add(ref).Take();
}
std::string RebuildMarks() {
  return std::string(kRebuild);
}
std::optional<ContextRef> ParseRebuildMark(std::string_view key) {
  return ParseAfter(1, key);
}

std::string Purges(const ContextRef& ref) {
  return KeyWriter(kPurges).Add(ref).Take();
}
std::optional<ContextRef> ParsePurges(std::string_view key) {
  return key.starts_with(kPurges) ? ParseAfter(kPurges.size(), key) : std::nullopt;
}
std::string ScrubMark() {
  return std::string(kScrub);
}

std::string Header(Generation generation, const ContextRef& ref) {
  return KeyWriter(generation, kHeader).Add(ref).Take();
}
std::string Cells(Generation generation, const ContextRef& ref) {
  return KeyWriter(generation, kCells).Add(ref).Take();
}
std::string CellsOf(Generation generation, Level level) {
  ByteWriter bytes;
  bytes.U8(generation);
  bytes.Raw(kCells);
  bytes.U8(static_cast<std::uint8_t>(level));
  return std::move(bytes).Take();
}
std::optional<std::string> ParseCells(std::string_view key) {
  auto ref = ParseAfter(2, key);
  if (!ref) return std::nullopt;
  return std::move(ref->id);
}
std::string Headers(Generation generation) {
  return KeyWriter(generation, kHeader).Take();
}
std::optional<ContextRef> ParseHeader(std::string_view key) {
  return ParseAfter(2, key);
}
std::string OfGeneration(Generation generation) {
  return KeyWriter(generation, "").Take();
}

std::string Entry(EntryNumber n) {
  return KeyWriter(kRecord).Add(n.value).Take();
}
std::string Entries() {
  return std::string(kRecord);
}
EntryNumber ParseEntry(std::string_view key) {
  return EntryNumber(TrailingNumber(key));
}
std::string EntryOf(const ContextRef& ref, EntryNumber n) {
  return KeyWriter(kByContext).Add(ref).Add(n.value).Take();
}
std::string EntriesOf(const ContextRef& ref) {
  return KeyWriter(kByContext).Add(ref).Take();
}
std::string EntryIndex() {
  return std::string(kByContext);
}

std::string Parked(const EntryId& id) {
  return KeyWriter(kRecord).Add(id.value).Take();
}
std::string AllParked() {
  return std::string(kRecord);
}
std::string ParkedOf(const ContextRef& ref, const EntryId& id) {
  return KeyWriter(kByContext).Add(ref).Add(id.value).Take();
}
std::string ParkedOf(const ContextRef& ref) {
  return KeyWriter(kByContext).Add(ref).Take();
}

std::string Operation(std::string_view op_id) {
  return KeyWriter(kRecord).Add(op_id).Take();
}
std::string OperationAge(UnixMillis time, std::string_view op_id) {
  return KeyWriter(kByAge).Add(static_cast<std::uint64_t>(time)).Add(op_id).Take();
}
std::string OperationAges() {
  return std::string(kByAge);
}

std::string Numbered(const ContextRef& ref, HubSequence seq) {
  return KeyWriter(kNumbered).Add(ref).Add(seq.value).Take();
}
std::string Numbered(const ContextRef& ref) {
  return KeyWriter(kNumbered).Add(ref).Take();
}
std::string Folded(const ContextRef& ref, std::uint64_t local) {
  return KeyWriter(kFolded).Add(ref).Add(local).Take();
}
std::string Folded(const ContextRef& ref) {
  return KeyWriter(kFolded).Add(ref).Take();
}
std::string AllFolded() {
  return KeyWriter(kFolded).Take();
}
std::string Collected(const ContextRef& ref, HubSequence seq) {
  return KeyWriter(kCollected).Add(ref).Add(seq.value).Take();
}
std::string Collected(const ContextRef& ref) {
  return KeyWriter(kCollected).Add(ref).Take();
}
std::string Checkpoint(const ContextRef& ref, HubSequence seq) {
  return KeyWriter(kCheckpoint).Add(ref).Add(seq.value).Take();
}
std::string Checkpoint(const ContextRef& ref) {
  return KeyWriter(kCheckpoint).Add(ref).Take();
}
std::string LocalCheckpoint(const ContextRef& ref, std::uint64_t version) {
  return KeyWriter(kLocalCheckpoint).Add(ref).Add(version).Take();
}
std::string LocalCheckpoint(const ContextRef& ref) {
  return KeyWriter(kLocalCheckpoint).Add(ref).Take();
}
std::string AllLocalCheckpoints() {
  return KeyWriter(kLocalCheckpoint).Take();
}

std::string Conflict(Generation generation, std::string_view id) {
  return KeyWriter(generation, kRecord).Add(id).Take();
}
std::string ConflictAge(Generation generation, HubSequence seq, std::string_view id) {
  return KeyWriter(generation, kByAge).Add(Descending(seq.value)).Add(id).Take();
}
std::string ConflictAges(Generation generation) {
  return KeyWriter(generation, kByAge).Take();
}
std::string ConflictOf(Generation generation, const ContextRef& ref, HubSequence seq,
                       std::string_view id) {
  return KeyWriter(generation, kByContext).Add(ref).Add(Descending(seq.value)).Add(id).Take();
}
std::string ConflictsOf(Generation generation, const ContextRef& ref) {
  return KeyWriter(generation, kByContext).Add(ref).Take();
}

std::string FeedChange(HubSequence seq) {
  return KeyWriter(kFeed).Add(seq.value).Take();
}
std::string FeedChanges() {
  return std::string(kFeed);
}
std::string LocalChange(std::uint64_t local) {
  return KeyWriter(kLocal).Add(local).Take();
}
std::string LocalChanges() {
  return std::string(kLocal);
}

std::string Updated(Generation generation, Level level, UnixMillis at, std::string_view id) {
  return KeyWriter(UpdatedOf(generation, level))
      .Add(Descending(static_cast<std::uint64_t>(at)))
      .Add(id)
      .Take();
}
std::string UpdatedOf(Generation generation, Level level) {
  std::string key;
  key += static_cast<char>(generation);
  key += static_cast<char>(level);
  return key;
}
std::string_view UpdatedId(std::string_view key) {
  constexpr std::size_t kBefore = 2 + sizeof(std::uint64_t);
  return key.size() < kBefore ? std::string_view{} : key.substr(kBefore);
}

UnixMillis UpdatedAt(std::string_view key) {
  constexpr std::size_t kBefore = 2;
  if (key.size() < kBefore + sizeof(std::uint64_t)) return 0;
  return static_cast<UnixMillis>(Descending(ByteReader(key.substr(kBefore)).Fixed64()));
}

std::string Child(Generation generation, const ContextRef& parent, const ContextRef& child) {
  return KeyWriter(generation, "").Add(parent).Add(child).Take();
}
std::string Children(Generation generation, const ContextRef& parent) {
  return KeyWriter(generation, "").Add(parent).Take();
}
std::optional<ContextRef> ParseChild(std::string_view key) {
  if (key.empty()) return std::nullopt;
  ByteReader reader(key.substr(1));
  if (!ReadContext(reader)) return std::nullopt;
  return ReadContext(reader);
}

std::uint64_t TrailingNumber(std::string_view key) {
  if (key.size() < sizeof(std::uint64_t)) return 0;
  return ByteReader(key.substr(key.size() - sizeof(std::uint64_t))).Fixed64();
}

}  // namespace contextsync::keys

#include "core/notebook/search_rows.h"

#include <bit>
#include <cstring>

#include "core/base/bytes.h"

namespace contextsync::search_rows {

namespace {

constexpr std::uint8_t kFormat = 2;
constexpr std::size_t kBeforeWord = 2;  // generation and kind
constexpr std::size_t kBlockBytes = sizeof(std::uint64_t);
// Facts of one slot: the level plus one and the number of words in one number, then the time.
constexpr std::size_t kFactsBytes = 2 * sizeof(std::uint64_t);
constexpr unsigned kLevelShift = 56;

constexpr std::string_view kTotalsKind = "a";
constexpr std::string_view kFactsKind = "b";
constexpr std::string_view kEntryKind = "c";
constexpr std::string_view kMarkKind = "m";
constexpr std::string_view kNumberKind = "n";
constexpr std::string_view kWordKind = "w";

std::string Kind(keys::Generation generation, std::string_view kind) {
  return keys::OfGeneration(generation).append(kind);
}

std::string WithNumber(std::string key, std::uint64_t number) {
  ByteWriter bytes;
  bytes.Fixed64(number);
  return key.append(std::move(bytes).Take());
}

ByteWriter Begin() {
  ByteWriter bytes;
  bytes.U8(kFormat);
  return bytes;
}

Error Damaged() {
  return {ErrorCode::kCorruption,
          "a row of the search index is damaged; run `contextsync doctor --fix`"};
}

/// Eight bytes as ByteWriter::Fixed64 wrote them. A search reads two of them per context.
std::uint64_t Fixed64At(std::string_view bytes, std::size_t at) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
}

/// Takes as many counts as there are contexts, nearly all of which are one byte long.
bool TakeCounts(std::string_view bytes, std::size_t contexts, std::vector<std::uint32_t>& counts) {
  constexpr std::uint8_t kLongFrom = 0x80;
  for (std::size_t i = 0; i < contexts; ++i) {
    if (!bytes.empty() && static_cast<std::uint8_t>(bytes.front()) < kLongFrom) {
      counts.push_back(static_cast<std::uint8_t>(bytes.front()));
      bytes.remove_prefix(1);
      continue;
    }
    ByteReader reader(bytes);
    counts.push_back(static_cast<std::uint32_t>(reader.Varint()));
    if (!reader.ok()) return false;
    bytes = reader.rest();
  }
  return bytes.empty();
}

/// Refuses what ends too early or late, and what has another format.
Status CheckRead(bool is_format, const ByteReader& reader) {
  return is_format && reader.ok() && reader.AtEnd() ? Status() : Status(Damaged());
}

}  // namespace

std::string TotalsKey(keys::Generation generation) {
  return Kind(generation, kTotalsKind);
}
std::string MarkKey(keys::Generation generation, const ContextRef& ref) {
  return MarkKeys(generation).append(keys::Context(ref));
}
std::string MarkKeys(keys::Generation generation) {
  return Kind(generation, kMarkKind);
}
std::string EntryKey(keys::Generation generation, const ContextRef& ref) {
  return EntryKeys(generation).append(keys::Context(ref));
}
std::string EntryKeys(keys::Generation generation) {
  return Kind(generation, kEntryKind);
}
std::optional<ContextRef> ParseContext(std::string_view mark_or_entry) {
  return keys::ParseHeader(mark_or_entry);  // they have the form of a header's key
}
std::string NumberKey(keys::Generation generation, Number number) {
  return WithNumber(NumberKeys(generation), number);
}
std::string NumberKeys(keys::Generation generation) {
  return Kind(generation, kNumberKind);
}
std::string FactsKey(keys::Generation generation, Block block) {
  return WithNumber(FactsKeys(generation), block);
}
std::string FactsKeys(keys::Generation generation) {
  return Kind(generation, kFactsKind);
}
std::string PostingKey(keys::Generation generation, std::string_view word, Block block) {
  return WithNumber(PostingsOf(generation, word), block);
}
std::string PostingsOf(keys::Generation generation, std::string_view word) {
  return PostingsFrom(generation, word).append(1, '\0');  // no word holds byte 0
}
std::string PostingsFrom(keys::Generation generation, std::string_view beginning) {
  return Kind(generation, kWordKind).append(beginning);
}

Block BlockIn(std::string_view key) {
  return keys::TrailingNumber(key);
}
std::string_view WordIn(std::string_view key) {
  constexpr std::size_t kAround = kBeforeWord + 1 + kBlockBytes;
  return key.size() < kAround ? std::string_view{} : key.substr(kBeforeWord, key.size() - kAround);
}

std::string Encode(const Totals& totals) {
  ByteWriter bytes = Begin();
  bytes.Varint(totals.text_rules);
  bytes.Varint(totals.contexts);
  bytes.Varint(totals.words);
  bytes.Varint(totals.next);
  return std::move(bytes).Take();
}

std::string Encode(const Entry& entry) {
  ByteWriter bytes = Begin();
  bytes.Varint(entry.number);
  bytes.Varint(static_cast<std::uint64_t>(entry.updated_at));
  bytes.Varint(entry.counts.length);
  bytes.Varint(entry.counts.words.size());
  for (const auto& [word, count, followers] : entry.counts.words) {
    bytes.Text(word);
    bytes.Varint(count);
    bytes.Text(followers);
  }
  return std::move(bytes).Take();
}

std::string Encode(const ContextRef& ref) {
  ByteWriter bytes = Begin();
  bytes.U8(static_cast<std::uint8_t>(ref.level));
  bytes.Text(ref.id);
  return std::move(bytes).Take();
}

std::string Encode(const std::vector<Facts>& block) {
  ByteWriter bytes = Begin();
  std::size_t next = 0;
  for (const Facts& facts : block) {
    for (; next < facts.slot; ++next)
      bytes.Raw(std::string(kFactsBytes, '\0'));
    const std::uint64_t level = static_cast<std::uint64_t>(facts.level) + 1;
    bytes.Fixed64((level << kLevelShift) | facts.length);
    bytes.Fixed64(static_cast<std::uint64_t>(facts.updated_at));
    ++next;
  }
  return std::move(bytes).Take();
}

std::string Encode(const std::vector<Posting>& block) {
  ByteWriter counts;
  for (const Posting& posting : block)
    counts.Varint(posting.count);
  ByteWriter bytes = Begin();
  bytes.Varint(block.size());
  bytes.Varint(counts.size());
  for (const Posting& posting : block)
    bytes.U8(posting.slot);
  bytes.Raw(std::move(counts).Take());
  for (const Posting& posting : block)
    bytes.Text(posting.followers);
  return std::move(bytes).Take();
}

Result<Totals> DecodeTotals(std::string_view bytes) {
  ByteReader reader(bytes);
  const bool is_format = reader.U8() == kFormat;
  Totals totals;
  totals.text_rules = reader.Varint();
  totals.contexts = reader.Varint();
  totals.words = reader.Varint();
  totals.next = reader.Varint();
  CONTEXTSYNC_RETURN_IF_ERROR(CheckRead(is_format, reader));
  return totals;
}

Result<Entry> DecodeEntry(std::string_view bytes) {
  ByteReader reader(bytes);
  const bool is_format = reader.U8() == kFormat;
  Entry entry;
  entry.number = reader.Varint();
  entry.updated_at = static_cast<UnixMillis>(reader.Varint());
  entry.counts.length = reader.Varint();
  const std::uint64_t words = reader.Varint();
  for (std::uint64_t i = 0; i < words && reader.ok(); ++i) {
    WordCount& word = entry.counts.words.emplace_back();
    word.word = reader.Text();
    word.count = static_cast<std::uint32_t>(reader.Varint());
    word.followers = reader.Text();
  }
  CONTEXTSYNC_RETURN_IF_ERROR(CheckRead(is_format, reader));
  return entry;
}

Result<ContextRef> DecodeContext(std::string_view bytes) {
  ByteReader reader(bytes);
  const bool is_format = reader.U8() == kFormat;
  const std::uint8_t level = reader.U8();
  ContextRef ref{static_cast<Level>(level), std::string(reader.Text())};
  CONTEXTSYNC_RETURN_IF_ERROR(CheckRead(is_format && level < kAllLevels.size(), reader));
  return ref;
}

Status CheckFacts(std::string_view bytes) {
  ByteReader reader(bytes);
  const bool is_format = reader.U8() == kFormat;
  const bool is_whole = reader.ok() && reader.rest().size() % kFactsBytes == 0 &&
                        reader.rest().size() <= kSlots * kFactsBytes;
  return is_format && is_whole ? Status() : Status(Damaged());
}

std::optional<Facts> FactsAt(std::string_view bytes, std::uint8_t slot) {
  const std::size_t begin = 1 + slot * kFactsBytes;
  if (bytes.size() < begin + kFactsBytes) return std::nullopt;
  const std::uint64_t first = Fixed64At(bytes, begin);
  const std::uint64_t level = first >> kLevelShift;
  if (level == 0 || level > kAllLevels.size()) return std::nullopt;
  return Facts{slot, static_cast<Level>(level - 1), first & ((std::uint64_t{1} << kLevelShift) - 1),
               static_cast<UnixMillis>(Fixed64At(bytes, begin + sizeof first))};
}

Result<std::vector<Facts>> DecodeFacts(std::string_view bytes) {
  CONTEXTSYNC_RETURN_IF_ERROR(CheckFacts(bytes));
  std::vector<Facts> block;
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    if (const auto facts = FactsAt(bytes, static_cast<std::uint8_t>(slot))) block.push_back(*facts);
  }
  return block;
}

Result<CountsPart> MeasurePostings(std::string_view bytes) {
  ByteReader reader(bytes);
  const bool is_format = reader.U8() == kFormat;
  const std::uint64_t contexts = reader.Varint();
  const std::uint64_t counts = reader.Varint();
  const std::size_t left = reader.rest().size();
  const bool is_whole = contexts <= kSlots && counts <= left && contexts <= left - counts;
  if (!is_format || !reader.ok() || !is_whole) return Damaged();
  const std::size_t begin = bytes.size() - left;
  return CountsPart{contexts, begin, begin + contexts + counts};
}

Status ReadPostings(std::string_view bytes, bool with_followers, PostingColumns& columns) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const CountsPart part, MeasurePostings(bytes));
  columns.slots = bytes.substr(part.begin, part.contexts);
  columns.counts.clear();
  columns.followers.clear();
  const std::size_t counts_begin = part.begin + part.contexts;
  const std::string_view counts = bytes.substr(counts_begin, part.end - counts_begin);
  if (!TakeCounts(counts, part.contexts, columns.counts)) return Damaged();
  if (!with_followers) return {};
  ByteReader followers(bytes.substr(part.end));
  for (std::size_t i = 0; i < part.contexts; ++i)
    columns.followers.push_back(followers.Text());
  return CheckRead(true, followers);
}

Result<std::vector<Posting>> DecodePostings(std::string_view bytes) {
  PostingColumns columns;
  CONTEXTSYNC_RETURN_IF_ERROR(ReadPostings(bytes, true, columns));
  std::vector<Posting> block;
  for (std::size_t i = 0; i < columns.slots.size(); ++i) {
    block.push_back({static_cast<std::uint8_t>(columns.slots[i]), columns.counts[i],
                     std::string(columns.followers[i])});
  }
  return block;
}

}  // namespace contextsync::search_rows

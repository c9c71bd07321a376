#include "core/notebook/search_rows.h"

#include "core/base/bytes.h"

namespace contextsync::search_rows {

namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kBeforeWord = 2;  // generation and kind
constexpr std::size_t kBlockBytes = sizeof(std::uint64_t);

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
  for (const auto& [word, count] : entry.counts.words) {
    bytes.Text(word);
    bytes.Varint(count);
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
  for (const Facts& facts : block) {
    bytes.U8(facts.slot);
    bytes.U8(static_cast<std::uint8_t>(facts.level));
    bytes.Varint(facts.length);
    bytes.Varint(static_cast<std::uint64_t>(facts.updated_at));
  }
  return std::move(bytes).Take();
}

std::string Encode(const std::vector<Posting>& block) {
  ByteWriter bytes = Begin();
  for (const Posting& posting : block) {
    bytes.U8(posting.slot);
    bytes.Varint(posting.count);
  }
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
    std::string word(reader.Text());
    entry.counts.words.emplace_back(std::move(word), static_cast<std::uint32_t>(reader.Varint()));
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

Result<std::vector<Facts>> DecodeFacts(std::string_view bytes) {
  ByteReader reader(bytes);
  const bool is_format = reader.U8() == kFormat;
  std::vector<Facts> block;
  while (reader.ok() && !reader.AtEnd()) {
    Facts facts;
    facts.slot = reader.U8();
    facts.level = static_cast<Level>(reader.U8());
    facts.length = reader.Varint();
    facts.updated_at = static_cast<UnixMillis>(reader.Varint());
    block.push_back(facts);
  }
  CONTEXTSYNC_RETURN_IF_ERROR(CheckRead(is_format, reader));
  return block;
}

Result<std::vector<Posting>> DecodePostings(std::string_view bytes) {
  ByteReader reader(bytes);
  const bool is_format = reader.U8() == kFormat;
  std::vector<Posting> block;
  while (reader.ok() && !reader.AtEnd()) {
    Posting posting;
    posting.slot = reader.U8();
    posting.count = static_cast<std::uint32_t>(reader.Varint());
    block.push_back(posting);
  }
  CONTEXTSYNC_RETURN_IF_ERROR(CheckRead(is_format, reader));
  return block;
}

}  // namespace contextsync::search_rows

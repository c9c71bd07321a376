// The rows of the search index. Contexts have numbers there, in blocks of 256, so that a word's row
// names many contexts in little space. Source: docs/storage_format.md#search-index

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/notebook/keys.h"
#include "core/text/word_counts.h"

namespace contextsync::search_rows {

/// Raised when words are cut or folded in another way, or rows get another form: then the index is
/// built anew.
inline constexpr std::uint64_t kTextRules = 3;

/// A context's number in the index, and its parts.
using Number = std::uint64_t;
using Block = std::uint64_t;
inline constexpr unsigned kBlockBits = 8;
inline constexpr std::size_t kSlots = std::size_t{1} << kBlockBits;
inline Block BlockOf(Number number) {
  return number >> kBlockBits;
}
inline std::uint8_t SlotOf(Number number) {
  return static_cast<std::uint8_t>(number);
}
inline Number NumberAt(Block block, std::uint8_t slot) {
  return (block << kBlockBits) | slot;
}

/// One row: what there is one of. Counts are of the contexts in the index.
struct Totals {
  std::uint64_t text_rules = kTextRules;
  std::uint64_t contexts = 0;
  std::uint64_t words = 0;
  Number next = 0;
};

/// Per context: what the index holds of it, to be able to take it out again.
struct Entry {
  Number number = 0;
  UnixMillis updated_at = 0;
  WordCounts counts;
};

/// What ranking must know of each context.
struct Facts {
  std::uint8_t slot = 0;
  Level level = Level::kTask;
  std::uint64_t length = 0;
  UnixMillis updated_at = 0;
};

/// How often a word occurs in one context of a block, and what follows it there.
struct Posting {
  std::uint8_t slot = 0;
  std::uint32_t count = 0;
  std::string followers;  // as in WordCount
};

/// A row of postings by columns, for who needs only some of them. To be used again and again.
///
/// Lifetime: slots and followers point into the row.
struct PostingColumns {
  std::string_view slots;
  std::vector<std::uint32_t> counts;
  std::vector<std::string_view> followers;  // only if asked for
};

std::string TotalsKey(keys::Generation generation);
std::string MarkKey(keys::Generation generation, const ContextRef& ref);  // changed since taken in
std::string MarkKeys(keys::Generation generation);                        // prefix
std::string EntryKey(keys::Generation generation, const ContextRef& ref);
std::string EntryKeys(keys::Generation generation);  // prefix
std::optional<ContextRef> ParseContext(std::string_view mark_or_entry);
std::string NumberKey(keys::Generation generation, Number number);
std::string NumberKeys(keys::Generation generation);  // prefix
std::string FactsKey(keys::Generation generation, Block block);
std::string FactsKeys(keys::Generation generation);  // prefix
std::string PostingKey(keys::Generation generation, std::string_view word, Block block);
std::string PostingsOf(keys::Generation generation, std::string_view word);         // prefix
std::string PostingsFrom(keys::Generation generation, std::string_view beginning);  // prefix

/// The number at the end of a key above.
Block BlockIn(std::string_view key);
/// Of a posting's key.
std::string_view WordIn(std::string_view key);

std::string Encode(const Totals& totals);
std::string Encode(const Entry& entry);
std::string Encode(const ContextRef& ref);
std::string Encode(const std::vector<Facts>& block);    // by slot
std::string Encode(const std::vector<Posting>& block);  // by slot

/// Errors of all: kCorruption.
Result<Totals> DecodeTotals(std::string_view bytes);
Result<Entry> DecodeEntry(std::string_view bytes);
Result<ContextRef> DecodeContext(std::string_view bytes);
Result<std::vector<Facts>> DecodeFacts(std::string_view bytes);
Result<std::vector<Posting>> DecodePostings(std::string_view bytes);

/// The part of a row of postings that says which contexts hold the word how often.
struct CountsPart {
  std::size_t contexts = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};
Result<CountsPart> MeasurePostings(std::string_view bytes);
/// `bytes` may end behind the counts if no followers are wanted.
Status ReadPostings(std::string_view bytes, bool with_followers, PostingColumns& columns);

/// One context of a block of facts, without reading the others. Nothing where there is none.
std::optional<Facts> FactsAt(std::string_view bytes, std::uint8_t slot);
/// Whether `bytes` are a block of facts at all.
Status CheckFacts(std::string_view bytes);

}  // namespace contextsync::search_rows

// The rows of the search index. Contexts have numbers there, in blocks of 256, so that a word's row
// names many contexts in little space. Source: docs/storage_format.md#search-index

#pragma once

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

/// Raised when words are cut or folded in another way: then the index is built anew.
inline constexpr std::uint64_t kTextRules = 1;

/// A context's number in the index, and its parts.
using Number = std::uint64_t;
using Block = std::uint64_t;
inline constexpr unsigned kBlockBits = 8;
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

/// How often a word occurs in one context of a block.
struct Posting {
  std::uint8_t slot = 0;
  std::uint32_t count = 0;
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

}  // namespace contextsync::search_rows

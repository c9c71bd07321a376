// WordOccurrences: which contexts hold one word of a query, block by block. Source:
// docs/storage_format.md#search-index

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/notebook/overlay.h"
#include "core/notebook/search_rows.h"

namespace contextsync {

/// Different words a beginning may stand for.
inline constexpr std::size_t kPrefixWords = 1'000;

struct SoughtWord {
  std::string word;
  bool is_prefix = false;
  bool begins_pair = false;  // what follows it is asked for

  friend bool operator==(const SoughtWord&, const SoughtWord&) = default;
};

/// What the contexts of one block hold of a word, by slot.
struct BlockOccurrences {
  std::array<std::uint32_t, search_rows::kSlots> counts{};  // 0: it is not in there
  std::array<std::string_view, search_rows::kSlots> followers{};
};

/// Thread-safety: none.
class WordOccurrences {
 public:
  /// Copies the rows of the word, or of all words that begin so, and looks at no posting of them
  /// that it need not look at. Errors: of the store, kCorruption.
  static Result<WordOccurrences> Read(const TableReader& tables, keys::Generation generation,
                                      const SoughtWord& sought);

  [[nodiscard]] bool has_too_many_words() const { return words_ > kPrefixWords; }
  /// How many contexts hold it.
  [[nodiscard]] std::size_t contexts() const { return contexts_; }
  /// The blocks in which some do, ascending.
  [[nodiscard]] std::vector<search_rows::Block> Blocks() const;

  /// Goes on to `block`; false when it is not in there. Precondition: blocks ascend.
  bool Seek(search_rows::Block block);
  /// Of the block sought. Lifetime: followers point into this.
  Status Decode(BlockOccurrences& to);

 private:
  struct Row {
    search_rows::Block block = 0;
    std::size_t begin = 0;
    std::size_t size = 0;
  };

  explicit WordOccurrences(const SoughtWord& sought) : sought_(sought) {}

  Status Scan(const TableReader& tables, keys::Generation generation);
  Status Keep(search_rows::Block block, std::string_view value);
  Status MergeWords();

  SoughtWord sought_;
  std::string bytes_;      // of all rows
  std::vector<Row> rows_;  // by block; several of one block where a beginning stands for many words
  std::size_t at_ = 0;
  std::size_t words_ = 0;
  std::size_t contexts_ = 0;
  search_rows::PostingColumns columns_;  // of the row at hand
};

/// The blocks in which each of `words` is somewhere. Precondition: there are some.
std::vector<search_rows::Block> CommonBlocks(const std::vector<WordOccurrences>& words);

}  // namespace contextsync

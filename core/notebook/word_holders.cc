#include "core/notebook/word_holders.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/notebook/search_words.h"
#include "core/notebook/tables.h"

namespace contextsync {

namespace {

namespace rows = search_rows;

class HolderReader {
 public:
  HolderReader(const TableReader& tables, keys::Generation generation, Level level)
      : tables_(tables), generation_(generation), level_(level) {}

  /// Adds those that hold all of `words`.
  Status Add(const std::vector<std::string>& words) {
    words_.clear();
    for (const std::string& word : words) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(auto read,
                                   WordOccurrences::Read(tables_, generation_, {.word = word}));
      if (read.contexts() == 0) return {};
      words_.push_back(std::move(read));
    }
    for (const rows::Block block : CommonBlocks(words_))
      CONTEXTSYNC_RETURN_IF_ERROR(AddFrom(block));
    return {};
  }

  std::vector<WordHolder> Take() && { return std::move(holders_); }

 private:
  Status AddFrom(rows::Block block) {
    std::array<bool, rows::kSlots> holds_all{};
    holds_all.fill(true);
    for (WordOccurrences& word : words_) {
      word.Seek(block);
      CONTEXTSYNC_RETURN_IF_ERROR(word.Decode(occurrences_));
      for (std::size_t slot = 0; slot < rows::kSlots; ++slot)
        holds_all[slot] &= occurrences_.counts[slot] > 0;
    }
    if (std::find(holds_all.begin(), holds_all.end(), true) == holds_all.end()) return {};
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto facts,
                                 tables_.Get(tables::kSearch, rows::FactsKey(generation_, block)));
    if (!facts) return {};
    CONTEXTSYNC_RETURN_IF_ERROR(rows::CheckFacts(*facts));
    for (std::size_t slot = 0; slot < rows::kSlots; ++slot) {
      if (holds_all[slot]) AddOne(block, static_cast<std::uint8_t>(slot), *facts);
    }
    return {};
  }

  void AddOne(rows::Block block, std::uint8_t slot, std::string_view bytes) {
    const auto facts = rows::FactsAt(bytes, slot);
    if (facts && facts->level == level_)
      holders_.push_back({rows::NumberAt(block, slot), facts->updated_at});
  }

  const TableReader& tables_;
  const keys::Generation generation_;
  const Level level_;
  std::vector<WordOccurrences> words_;
  BlockOccurrences occurrences_;  // of one word and block
  std::vector<WordHolder> holders_;
};

}  // namespace

Result<std::vector<WordHolder>> FindHolders(const TableReader& tables, keys::Generation generation,
                                            Level level, const std::vector<std::string>& words) {
  HolderReader reader(tables, generation, level);
  CONTEXTSYNC_RETURN_IF_ERROR(reader.Add(words));
  CONTEXTSYNC_RETURN_IF_ERROR(reader.Add({std::string(kUncounted)}));
  auto holders = std::move(reader).Take();
  const auto by_number = [](const WordHolder& left, const WordHolder& right) {
    return left.number < right.number;
  };
  const auto is_same = [](const WordHolder& left, const WordHolder& right) {
    return left.number == right.number;
  };
  std::sort(holders.begin(), holders.end(), by_number);
  holders.erase(std::unique(holders.begin(), holders.end(), is_same), holders.end());
  return holders;
}

}  // namespace contextsync

#include "core/notebook/search_words.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/notebook/tables.h"

namespace contextsync {

namespace rows = search_rows;

Result<WordOccurrences> WordOccurrences::Read(const TableReader& tables,
                                              keys::Generation generation,
                                              const SoughtWord& sought) {
  WordOccurrences occurrences(sought);
  CONTEXTSYNC_RETURN_IF_ERROR(occurrences.Scan(tables, generation));
  if (occurrences.words_ > 1 && !occurrences.has_too_many_words()) {
    CONTEXTSYNC_RETURN_IF_ERROR(occurrences.MergeWords());
  }
  return occurrences;
}

Status WordOccurrences::Scan(const TableReader& tables, keys::Generation generation) {
  const std::string prefix = sought_.is_prefix ? rows::PostingsFrom(generation, sought_.word)
                                               : rows::PostingsOf(generation, sought_.word);
  Status kept;
  std::string last;
  const auto take = [&](std::string_view key, std::string_view value) {
    if (words_ == 0 || rows::WordIn(key) != last) {
      last = rows::WordIn(key);
      ++words_;
    }
    kept = Keep(rows::BlockIn(key), value);
    return kept.ok() && !has_too_many_words();
  };
  CONTEXTSYNC_RETURN_IF_ERROR(tables.Scan(tables::kSearch, PrefixRange(prefix), take));
  return kept;
}

Status WordOccurrences::Keep(rows::Block block, std::string_view value) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const rows::CountsPart part, rows::MeasurePostings(value));
  if (!sought_.begins_pair) value = value.substr(0, part.end);
  rows_.push_back({block, bytes_.size(), value.size()});
  bytes_.append(value);
  contexts_ += part.contexts;
  return {};
}

/// Puts the rows of several words in the order of blocks and counts each context once.
Status WordOccurrences::MergeWords() {
  std::stable_sort(rows_.begin(), rows_.end(),
                   [](const Row& left, const Row& right) { return left.block < right.block; });
  contexts_ = 0;
  BlockOccurrences block;
  for (const rows::Block number : Blocks()) {
    Seek(number);
    CONTEXTSYNC_RETURN_IF_ERROR(Decode(block));
    contexts_ += rows::kSlots -
                 static_cast<std::size_t>(std::count(block.counts.begin(), block.counts.end(), 0U));
  }
  at_ = 0;
  return {};
}

std::vector<rows::Block> WordOccurrences::Blocks() const {
  std::vector<rows::Block> blocks;
  for (const Row& row : rows_) {
    if (blocks.empty() || blocks.back() != row.block) blocks.push_back(row.block);
  }
  return blocks;
}

bool WordOccurrences::Seek(rows::Block block) {
  while (at_ < rows_.size() && rows_[at_].block < block)
    ++at_;
  return at_ < rows_.size() && rows_[at_].block == block;
}

Status WordOccurrences::Decode(BlockOccurrences& to) {
  to.counts.fill(0);
  const std::string_view bytes = bytes_;
  for (std::size_t at = at_; at < rows_.size() && rows_[at].block == rows_[at_].block; ++at) {
    CONTEXTSYNC_RETURN_IF_ERROR(rows::ReadPostings(bytes.substr(rows_[at].begin, rows_[at].size),
                                                   sought_.begins_pair, columns_));
    for (std::size_t i = 0; i < columns_.slots.size(); ++i) {
      const auto slot = static_cast<std::uint8_t>(columns_.slots[i]);
      to.counts[slot] += columns_.counts[i];
      if (sought_.begins_pair) to.followers[slot] = columns_.followers[i];
    }
  }
  return {};
}

std::vector<rows::Block> CommonBlocks(const std::vector<WordOccurrences>& words) {
  std::vector<rows::Block> common = words.front().Blocks();
  for (const WordOccurrences& word : words) {
    const std::vector<rows::Block> blocks = word.Blocks();
    std::vector<rows::Block> left;
    std::set_intersection(common.begin(), common.end(), blocks.begin(), blocks.end(),
                          std::back_inserter(left));
    common = std::move(left);
  }
  return common;
}

}  // namespace contextsync

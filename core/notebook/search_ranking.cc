#include "core/notebook/search_ranking.h"

#include <algorithm>
#include <utility>

#include "core/notebook/search_words.h"
#include "core/notebook/tables.h"
#include "core/text/bm25.h"

namespace contextsync {

namespace {

namespace rows = search_rows;

// From here on reading the facts of all contexts is quicker than of some.
constexpr std::size_t kBlocksReadAlone = 64;

/// Keeps the best of what it is given without ever sorting all of it.
class BestContexts {
 public:
  explicit BestContexts(std::size_t most) : most_(most) {}

  void Offer(const RankedContext& context) {
    if (worst_ && !Outranks(context, *worst_)) {
      is_full_ = true;
      return;
    }
    kept_.push_back(context);
    if (kept_.size() >= 2 * most_ + 1) Shrink();
  }

  void Finish(Ranking& ranking) {
    if (kept_.size() > most_) Shrink();
    std::sort(kept_.begin(), kept_.end(), Outranks);
    ranking.best = std::move(kept_);
    ranking.has_more = is_full_;
  }

 private:
  void Shrink() {
    const auto last = kept_.begin() + static_cast<std::ptrdiff_t>(most_ - 1);
    std::nth_element(kept_.begin(), last, kept_.end(), Outranks);
    worst_ = *last;
    kept_.resize(most_);
    is_full_ = true;
  }

  const std::size_t most_;
  std::vector<RankedContext> kept_;
  std::optional<RankedContext> worst_;  // of as many as are wanted
  bool is_full_ = false;                // something was left out
};

/// Two words of a phrase, one behind the other.
struct Pair {
  std::size_t word = 0;
  char follower = 0;
};

class Ranker {
 public:
  Ranker(const TableReader& tables, keys::Generation generation, const RankingQuery& query)
      : tables_(tables), generation_(generation), query_(query), best_(query.most) {}

  Result<Ranking> Run() {
    CollectWords();
    CONTEXTSYNC_RETURN_IF_ERROR(ReadTotals());
    CONTEXTSYNC_ASSIGN_OR_RETURN(const bool is_complete, ReadWords());
    if (is_complete) {
      CONTEXTSYNC_RETURN_IF_ERROR(ReadFacts());
      best_.Finish(ranking_);
    }
    return std::move(ranking_);
  }

 private:
  void CollectWords() {
    for (const QueryTerm& term : query_.text.terms) {
      std::optional<std::size_t> previous;
      for (std::size_t i = 0; i < term.words.size(); ++i) {
        const bool is_prefix = term.is_prefix && i + 1 == term.words.size();
        if (previous && !is_prefix) {
          words_[*previous].begins_pair = true;
          pairs_.push_back({*previous, FollowerByte(term.words[i])});
        }
        previous = IndexOf(term.words[i], is_prefix);
      }
    }
  }

  /// A word counts once, alone or in however many phrases.
  std::size_t IndexOf(const std::string& word, bool is_prefix) {
    const auto found = std::find_if(words_.begin(), words_.end(), [&](const SoughtWord& other) {
      return other.word == word && other.is_prefix == is_prefix;
    });
    const auto index = static_cast<std::size_t>(found - words_.begin());
    if (found == words_.end()) words_.push_back({word, is_prefix, false});
    return index;
  }

  Status ReadTotals() {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto bytes,
                                 tables_.Get(tables::kSearch, rows::TotalsKey(generation_)));
    if (!bytes) return {};
    CONTEXTSYNC_ASSIGN_OR_RETURN(totals_, rows::DecodeTotals(*bytes));
    if (totals_.contexts > 0)
      average_ = static_cast<double>(totals_.words) / static_cast<double>(totals_.contexts);
    return {};
  }

  /// False when nothing holds all words, or a beginning is too short.
  Result<bool> ReadWords() {
    for (const SoughtWord& word : words_) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(auto read, WordOccurrences::Read(tables_, generation_, word));
      ranking_.has_too_many_words = read.has_too_many_words();
      const std::size_t holding = read.contexts();
      if (ranking_.has_too_many_words || holding == 0) return false;
      rarity_.push_back(Rarity(std::max<std::uint64_t>(totals_.contexts, holding), holding));
      occurrences_.push_back(std::move(read));
    }
    blocks_.resize(occurrences_.size());
    return true;
  }

  Status ReadFacts() {
    const std::vector<rows::Block> blocks = CommonBlocks(occurrences_);
    if (blocks.size() > kBlocksReadAlone) return ReadAllFacts();
    for (const rows::Block block : blocks) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(
          const auto bytes, tables_.Get(tables::kSearch, rows::FactsKey(generation_, block)));
      if (!bytes) continue;
      CONTEXTSYNC_RETURN_IF_ERROR(RankBlock(block, *bytes));
    }
    return {};
  }

  Status ReadAllFacts() {
    Status ranked;
    CONTEXTSYNC_RETURN_IF_ERROR(tables_.Scan(tables::kSearch,
                                             PrefixRange(rows::FactsKeys(generation_)),
                                             [&](std::string_view key, std::string_view value) {
                                               ranked = RankBlock(rows::BlockIn(key), value);
                                               return ranked.ok();
                                             }));
    return ranked;
  }

  Status RankBlock(rows::Block block, std::string_view facts) {
    for (WordOccurrences& word : occurrences_) {
      if (!word.Seek(block)) return {};
    }
    CONTEXTSYNC_RETURN_IF_ERROR(rows::CheckFacts(facts));
    for (std::size_t word = 0; word < occurrences_.size(); ++word) {
      CONTEXTSYNC_RETURN_IF_ERROR(occurrences_[word].Decode(blocks_[word]));
    }
    for (std::size_t slot = 0; slot < rows::kSlots; ++slot) {
      if (HoldsAll(slot)) RankSlot(block, static_cast<std::uint8_t>(slot), facts);
    }
    return {};
  }

  [[nodiscard]] bool HoldsAll(std::size_t slot) const {
    for (const BlockOccurrences& word : blocks_) {
      if (word.counts[slot] == 0) return false;
    }
    return std::all_of(pairs_.begin(), pairs_.end(), [this, slot](const Pair& pair) {
      return blocks_[pair.word].followers[slot].find(pair.follower) != std::string_view::npos;
    });
  }

  void RankSlot(rows::Block block, std::uint8_t slot, std::string_view bytes) {
    const auto facts = rows::FactsAt(bytes, slot);
    if (!facts) return;  // just taken out
    if (query_.level && facts->level != *query_.level) return;
    RankedContext context{rows::NumberAt(block, slot), 0, facts->updated_at};
    if (query_.numbers && !query_.numbers->contains(context.number)) return;
    for (std::size_t word = 0; word < blocks_.size(); ++word)
      context.score +=
          WordScore(rarity_[word], blocks_[word].counts[slot], facts->length, average_);
    if (!query_.after || Outranks(*query_.after, context)) best_.Offer(context);
  }

  const TableReader& tables_;
  const keys::Generation generation_;
  const RankingQuery& query_;
  rows::Totals totals_;
  double average_ = 0;
  std::vector<SoughtWord> words_;
  std::vector<Pair> pairs_;
  // Per word:
  std::vector<WordOccurrences> occurrences_;
  std::vector<double> rarity_;
  std::vector<BlockOccurrences> blocks_;
  BestContexts best_;
  Ranking ranking_;
};

}  // namespace

bool Outranks(const RankedContext& left, const RankedContext& right) {
  if (left.score != right.score) return left.score > right.score;
  if (left.updated_at != right.updated_at) return left.updated_at > right.updated_at;
  return left.number > right.number;
}

Result<Ranking> Rank(const TableReader& tables, keys::Generation generation,
                     const RankingQuery& query) {
  return Ranker(tables, generation, query).Run();
}

}  // namespace contextsync

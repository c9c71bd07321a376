#include "core/notebook/search.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <set>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/hash.h"
#include "core/base/hex.h"
#include "core/notebook/listing.h"
#include "core/notebook/refusals.h"
#include "core/notebook/search_rows.h"
#include "core/notebook/tables.h"
#include "core/text/bm25.h"

namespace contextsync {

namespace {

namespace rows = search_rows;

// How many contexts one page looks into: a phrase of common words still answers soon, with a cursor
// to go on.
constexpr std::size_t kLookedIntoPerPage = 2'000;
// Different words a prefix may stand for.
constexpr std::size_t kPrefixWords = 1'000;
// From here on reading the facts of all contexts is quicker than of some.
constexpr std::size_t kBlocksReadAlone = 64;

using Occurrences = std::vector<std::pair<rows::Number, std::uint64_t>>;  // by number

/// A context that holds all words.
struct Candidate {
  rows::Number number = 0;
  double score = 0;
  UnixMillis updated_at = 0;
  std::uint64_t length = 0;
};

/// True when `left` is the better answer.
bool Outranks(const Candidate& left, const Candidate& right) {
  if (left.score != right.score) return left.score > right.score;
  if (left.updated_at != right.updated_at) return left.updated_at > right.updated_at;
  return left.number > right.number;
}

Refusal BadCursor() {
  return {RefusalCode::kInvalidArgument,
          "`cursor` is not one that `search` gave out for this query.",
          "Leave `cursor` out to begin at the start.",
          {{"parameter", "cursor"}}};
}

Refusal TooManyWords() {
  return {RefusalCode::kInvalidArgument,
          "A word with `*` stands for more than " + std::to_string(kPrefixWords) + " words here.",
          "Give more of its letters.",
          {{"parameter", "query"}, {"limit", kPrefixWords}}};
}

/// What a cursor is for: another query has other ranks.
std::string QueryDigest(const SearchQuery& query) {
  ByteWriter bytes;
  bytes.Text(query.text);
  bytes.U8(query.level ? static_cast<std::uint8_t>(*query.level) : kAllLevels.size());
  bytes.Text(query.context_id.value_or(""));
  return ShortHash(std::move(bytes).Take());
}

std::string CursorAt(const SearchQuery& query, const Candidate& last) {
  ByteWriter bytes;
  bytes.Fixed64(std::bit_cast<std::uint64_t>(last.score));
  bytes.Fixed64(static_cast<std::uint64_t>(last.updated_at));
  bytes.Fixed64(last.number);
  return QueryDigest(query) + ToHex(std::move(bytes).Take());
}

std::optional<Candidate> ParseCursor(const SearchQuery& query) {
  constexpr std::size_t kDigits = 16;
  const std::string_view text = query.cursor;
  if (text.size() != 4 * kDigits || !IsHex(text, text.size())) return std::nullopt;
  if (!text.starts_with(QueryDigest(query))) return std::nullopt;
  const auto number = [text](std::size_t at) {
    std::uint64_t value = 0;
    const char* digits = text.data() + at * kDigits;
    std::from_chars(digits, digits + kDigits, value, 16);
    return value;
  };
  Candidate last;
  last.score = std::bit_cast<double>(number(1));
  last.updated_at = static_cast<UnixMillis>(number(2));
  last.number = number(3);
  return last;
}

class Searcher {
 public:
  Searcher(const SearchSource& source, const SearchQuery& query, const TextQuery& text)
      : source_(source), query_(query), text_(text) {}

  Checked<SearchPage> Run() {
    if (!query_.cursor.empty()) {
      after_ = ParseCursor(query_);
      if (!after_) return BadCursor();
    }
    CONTEXTSYNC_REFUSE_IF_ERROR(ReadTotals());
    CONTEXTSYNC_REFUSE_IF_ERROR(ReadWords());
    if (has_too_many_words_) return TooManyWords();
    CONTEXTSYNC_REFUSE_IF_ERROR(Rank());
    CONTEXTSYNC_REFUSE_IF_ERROR(FillPage());
    return std::move(page_);
  }

 private:
  Status ReadTotals() {
    CONTEXTSYNC_ASSIGN_OR_RETURN(
        const auto bytes, source_.tables.Get(tables::kSearch, rows::TotalsKey(source_.generation)));
    if (!bytes) return {};
    CONTEXTSYNC_ASSIGN_OR_RETURN(totals_, rows::DecodeTotals(*bytes));
    return {};
  }

  // ── which contexts ──

  /// Reads the contexts of each word, whether it stands alone or in a phrase.
  Status ReadWords() {
    std::set<std::pair<std::string, bool>> words;
    for (const QueryTerm& term : text_.terms) {
      for (std::size_t i = 0; i < term.words.size(); ++i)
        words.emplace(term.words[i], term.is_prefix && i + 1 == term.words.size());
    }
    for (const auto& [word, is_prefix] : words) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(auto occurrences, ReadWord(word, is_prefix));
      occurrences_.push_back(std::move(occurrences));
      if (occurrences_.back().empty()) break;  // nothing holds all words
    }
    return {};
  }

  Result<Occurrences> ReadWord(const std::string& word, bool is_prefix) {
    const std::string prefix = is_prefix ? rows::PostingsFrom(source_.generation, word)
                                         : rows::PostingsOf(source_.generation, word);
    Occurrences occurrences;
    Status read;
    std::string last;
    std::size_t words = 0;
    const auto take = [&](std::string_view key, std::string_view value) {
      if (is_prefix && (words == 0 || rows::WordIn(key) != last)) {
        last = rows::WordIn(key);
        has_too_many_words_ = ++words > kPrefixWords;
      }
      read = Append(rows::BlockIn(key), value, occurrences);
      return read.ok() && !has_too_many_words_;
    };
    CONTEXTSYNC_RETURN_IF_ERROR(source_.tables.Scan(tables::kSearch, PrefixRange(prefix), take));
    CONTEXTSYNC_RETURN_IF_ERROR(std::move(read));
    if (words > 1) Merge(occurrences);
    return occurrences;
  }

  static Status Append(rows::Block block, std::string_view value, Occurrences& to) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto postings, rows::DecodePostings(value));
    for (const rows::Posting& posting : postings)
      to.emplace_back(rows::NumberAt(block, posting.slot), posting.count);
    return {};
  }

  /// What several words say of one context becomes one occurrence.
  static void Merge(Occurrences& occurrences) {
    std::sort(occurrences.begin(), occurrences.end());
    Occurrences merged;
    for (const auto& [number, count] : occurrences) {
      if (!merged.empty() && merged.back().first == number) {
        merged.back().second += count;
      } else {
        merged.emplace_back(number, count);
      }
    }
    occurrences = std::move(merged);
  }

  /// The contexts in which all words occur.
  [[nodiscard]] std::vector<rows::Number> Common() const {
    std::vector<rows::Number> common;
    for (const auto& [number, count] : Rarest())
      common.push_back(number);
    for (const Occurrences& occurrences : occurrences_) {
      std::vector<rows::Number> left;
      auto at = occurrences.begin();
      for (const rows::Number number : common) {
        while (at != occurrences.end() && at->first < number)
          ++at;
        if (at != occurrences.end() && at->first == number) left.push_back(number);
      }
      common = std::move(left);
    }
    return common;
  }

  [[nodiscard]] const Occurrences& Rarest() const {
    return *std::min_element(occurrences_.begin(), occurrences_.end(),
                             [](const Occurrences& left, const Occurrences& right) {
                               return left.size() < right.size();
                             });
  }

  // ── in which order ──

  Status Rank() {
    const std::vector<rows::Number> common = Common();
    if (common.empty()) return {};
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto wanted, NumbersOfId());
    CONTEXTSYNC_RETURN_IF_ERROR(ReadFacts(common));
    auto facts = facts_.begin();
    for (const rows::Number number : common) {
      while (facts != facts_.end() && facts->first < number)
        ++facts;
      const bool is_known = facts != facts_.end() && facts->first == number;  // else just taken out
      if (!is_known || (wanted && !wanted->contains(number))) continue;
      const auto& [slot, level, length, updated_at] = facts->second;
      if (!query_.level || level == *query_.level)
        candidates_.push_back({number, 0, updated_at, length});
    }
    Score();
    if (!after_) return {};
    std::erase_if(candidates_,
                  [this](const Candidate& candidate) { return !Outranks(*after_, candidate); });
    return {};
  }

  void Score() {
    const double average = totals_.contexts == 0 ? 0
                                                 : static_cast<double>(totals_.words) /
                                                       static_cast<double>(totals_.contexts);
    for (const Occurrences& occurrences : occurrences_) {
      const double rarity =
          Rarity(std::max<std::uint64_t>(totals_.contexts, occurrences.size()), occurrences.size());
      auto at = occurrences.begin();
      for (Candidate& candidate : candidates_) {
        while (at->first < candidate.number)
          ++at;
        candidate.score += WordScore(rarity, at->second, candidate.length, average);
      }
    }
  }

  /// Where only some ids are wanted: their numbers.
  Result<std::optional<std::set<rows::Number>>> NumbersOfId() const {
    std::optional<std::set<rows::Number>> numbers;
    if (!query_.context_id) return numbers;
    numbers.emplace();
    for (const Level level : kAllLevels) {
      const std::string key = rows::EntryKey(source_.generation, {level, *query_.context_id});
      CONTEXTSYNC_ASSIGN_OR_RETURN(const auto bytes, source_.tables.Get(tables::kSearch, key));
      if (!bytes) continue;
      CONTEXTSYNC_ASSIGN_OR_RETURN(const rows::Entry entry, rows::DecodeEntry(*bytes));
      numbers->insert(entry.number);
    }
    return numbers;
  }

  Status ReadFacts(const std::vector<rows::Number>& numbers) {
    std::set<rows::Block> blocks;
    for (const rows::Number number : numbers)
      blocks.insert(blocks.end(), rows::BlockOf(number));
    if (blocks.size() > kBlocksReadAlone) return ReadAllFacts();
    for (const rows::Block block : blocks) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(
          const auto bytes,
          source_.tables.Get(tables::kSearch, rows::FactsKey(source_.generation, block)));
      if (!bytes) continue;
      CONTEXTSYNC_RETURN_IF_ERROR(TakeFacts(block, *bytes));
    }
    return {};
  }

  Status ReadAllFacts() {
    Status read;
    CONTEXTSYNC_RETURN_IF_ERROR(
        source_.tables.Scan(tables::kSearch, PrefixRange(rows::FactsKeys(source_.generation)),
                            [&](std::string_view key, std::string_view value) {
                              read = TakeFacts(rows::BlockIn(key), value);
                              return read.ok();
                            }));
    return read;
  }

  Status TakeFacts(rows::Block block, std::string_view bytes) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto decoded, rows::DecodeFacts(bytes));
    for (const rows::Facts& facts : decoded)
      facts_.emplace_back(rows::NumberAt(block, facts.slot), facts);
    return {};
  }

  // ── what is shown ──

  Status FillPage() {
    const auto is_worse = [](const Candidate& left, const Candidate& right) {
      return Outranks(right, left);
    };
    std::make_heap(candidates_.begin(), candidates_.end(), is_worse);
    for (std::size_t looked_into = 0; !candidates_.empty(); ++looked_into) {
      if (page_.hits.size() >= query_.limit || looked_into >= kLookedIntoPerPage) {
        page_.next_cursor = CursorAt(query_, last_);
        return {};
      }
      std::pop_heap(candidates_.begin(), candidates_.end(), is_worse);
      last_ = candidates_.back();
      candidates_.pop_back();
      CONTEXTSYNC_RETURN_IF_ERROR(LookInto(last_));
    }
    return {};
  }

  /// The words are in it; whether phrases are, and that nobody changed it meanwhile, only it can
  /// say.
  Status LookInto(const Candidate& candidate) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(
        const auto bytes,
        source_.tables.Get(tables::kSearch, rows::NumberKey(source_.generation, candidate.number)));
    if (!bytes) return {};
    CONTEXTSYNC_ASSIGN_OR_RETURN(const ContextRef ref, rows::DecodeContext(*bytes));
    CONTEXTSYNC_ASSIGN_OR_RETURN(const DocumentPtr document, source_.documents.Find(ref));
    if (document == nullptr || !document->shown->exists) return {};
    auto snippets = FindSnippets(text_, ref.id, document->shown->data);
    if (!snippets) return {};
    page_.hits.push_back(
        {InfoOf(ref, document->header, source_.has_hub), candidate.score, std::move(*snippets)});
    return {};
  }

  const SearchSource& source_;
  const SearchQuery& query_;
  const TextQuery& text_;
  std::optional<Candidate> after_;
  rows::Totals totals_;
  std::vector<Occurrences> occurrences_;  // per word
  bool has_too_many_words_ = false;
  std::vector<std::pair<rows::Number, rows::Facts>> facts_;  // by number
  std::vector<Candidate> candidates_;
  Candidate last_;
  SearchPage page_;
};

}  // namespace

Checked<SearchPage> ReadSearch(const SearchSource& source, const SearchQuery& query,
                               const TextQuery& text) {
  return Searcher(source, query, text).Run();
}

}  // namespace contextsync

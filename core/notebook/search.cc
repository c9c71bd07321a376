#include "core/notebook/search.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/hash.h"
#include "core/base/hex.h"
#include "core/notebook/listing.h"
#include "core/notebook/refusals.h"
#include "core/notebook/search_ranking.h"
#include "core/notebook/search_rows.h"
#include "core/notebook/search_words.h"
#include "core/notebook/tables.h"

namespace contextsync {

namespace {

namespace rows = search_rows;

// How many contexts one page looks into for a phrase, whose words may stand elsewhere in a context:
// it still answers soon, with a cursor to go on.
constexpr std::size_t kLookedIntoPerPage = 2'000;
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

std::string CursorAt(const SearchQuery& query, const RankedContext& last) {
  ByteWriter bytes;
  bytes.Fixed64(std::bit_cast<std::uint64_t>(last.score));
  bytes.Fixed64(static_cast<std::uint64_t>(last.updated_at));
  bytes.Fixed64(last.number);
  return QueryDigest(query) + ToHex(std::move(bytes).Take());
}

std::optional<RankedContext> ParseCursor(const SearchQuery& query) {
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
  RankedContext last;
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
    RankingQuery wanted{text_, query_.level, {}, {}, LookedInto()};
    if (!query_.cursor.empty()) {
      wanted.after = ParseCursor(query_);
      if (!wanted.after) return BadCursor();
    }
    CONTEXTSYNC_REFUSE_IF_ERROR(FindNumbers(wanted));
    CONTEXTSYNC_ASSIGN_OR_REFUSE(const Ranking ranking,
                                 Rank(source_.tables, source_.generation, wanted));
    if (ranking.has_too_many_words) return TooManyWords();
    CONTEXTSYNC_REFUSE_IF_ERROR(FillPage(ranking));
    return std::move(page_);
  }

 private:
  /// Only the text of a context can say whether it holds a phrase.
  [[nodiscard]] std::size_t LookedInto() const {
    const bool has_phrase =
        std::any_of(text_.terms.begin(), text_.terms.end(),
                    [](const QueryTerm& term) { return term.words.size() > 1; });
    return has_phrase ? std::max(kLookedIntoPerPage, query_.limit) : query_.limit;
  }

  /// Where only one id is wanted: the numbers of its contexts.
  Status FindNumbers(RankingQuery& wanted) const {
    if (!query_.context_id) return {};
    wanted.numbers.emplace();
    for (const Level level : kAllLevels) {
      const std::string key = rows::EntryKey(source_.generation, {level, *query_.context_id});
      CONTEXTSYNC_ASSIGN_OR_RETURN(const auto bytes, source_.tables.Get(tables::kSearch, key));
      if (!bytes) continue;
      CONTEXTSYNC_ASSIGN_OR_RETURN(const rows::Entry entry, rows::DecodeEntry(*bytes));
      wanted.numbers->insert(entry.number);
    }
    return {};
  }

  Status FillPage(const Ranking& ranking) {
    std::size_t looked_into = 0;
    for (const RankedContext& context : ranking.best) {
      if (page_.hits.size() >= query_.limit) break;
      CONTEXTSYNC_RETURN_IF_ERROR(LookInto(context));
      ++looked_into;
    }
    if (looked_into > 0 && (looked_into < ranking.best.size() || ranking.has_more))
      page_.next_cursor = CursorAt(query_, ranking.best[looked_into - 1]);
    return {};
  }

  /// The words are in it; whether phrases are, and that nobody changed it meanwhile, only it can
  /// say.
  Status LookInto(const RankedContext& context) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(
        const auto bytes,
        source_.tables.Get(tables::kSearch, rows::NumberKey(source_.generation, context.number)));
    if (!bytes) return {};
    CONTEXTSYNC_ASSIGN_OR_RETURN(const ContextRef ref, rows::DecodeContext(*bytes));
    CONTEXTSYNC_ASSIGN_OR_RETURN(const DocumentPtr document, source_.documents.Find(ref));
    if (document == nullptr || !document->shown->exists) return {};
    auto snippets = FindSnippets(text_, ref.id, document->shown->data);
    if (!snippets) return {};
    page_.hits.push_back(
        {InfoOf(ref, document->header, source_.has_hub), context.score, std::move(*snippets)});
    return {};
  }

  const SearchSource& source_;
  const SearchQuery& query_;
  const TextQuery& text_;
  SearchPage page_;
};

}  // namespace

Checked<SearchPage> ReadSearch(const SearchSource& source, const SearchQuery& query,
                               const TextQuery& text) {
  return Searcher(source, query, text).Run();
}

}  // namespace contextsync

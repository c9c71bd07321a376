// Ranking: the best contexts for a query, from the rows of the index alone; no context is read.
// Source: docs/tools.md#search

#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <vector>

#include "core/base/result.h"
#include "core/notebook/overlay.h"
#include "core/notebook/search_rows.h"
#include "core/text/text_query.h"

namespace contextsync {

struct RankedContext {
  search_rows::Number number = 0;
  double score = 0;
  UnixMillis updated_at = 0;
};

/// True when `left` is the better answer.
bool Outranks(const RankedContext& left, const RankedContext& right);

struct RankingQuery {
  const TextQuery& text;
  std::optional<Level> level;
  std::optional<std::set<search_rows::Number>> numbers;  // only these
  std::optional<RankedContext> after;                    // only what it outranks
  std::size_t most = 0;                                  // above zero
};

struct Ranking {
  std::vector<RankedContext> best;  // best first
  bool has_more = false;            // others were left out
  bool has_too_many_words =
      false;  // a beginning stands for more than kPrefixWords; `best` is empty
};

/// The contexts that hold all words. Of phrases they hold each two words that follow each other,
/// nearly always: see FollowerByte.
///
/// Errors: of the store, kCorruption.
Result<Ranking> Rank(const TableReader& tables, keys::Generation generation,
                     const RankingQuery& query);

}  // namespace contextsync

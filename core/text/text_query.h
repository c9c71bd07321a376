// TextQuery: what somebody searches for: words that must all occur, "a phrase", pre*. Source:
// docs/tools.md#search

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace contextsync {

inline constexpr std::size_t kQueryBytes = 1'000;
inline constexpr std::size_t kQueryWords = 32;

/// One word, or several that must stand one behind the other in one text.
struct QueryTerm {
  std::vector<std::string> words;  // folded; never empty
  bool is_prefix = false;          // the last word may go on

  friend bool operator==(const QueryTerm&, const QueryTerm&) = default;
};

/// All must occur.
struct TextQuery {
  std::vector<QueryTerm> terms;  // never empty, no two alike
};

/// What stands without a space between, as in files_read or 10.2.1, is a phrase too. An unclosed
/// quote reaches to the end.
///
/// Errors: kInvalidArgument, in words for the caller: no word in it, or more than kQueryWords.
Result<TextQuery> ParseTextQuery(std::string_view text);

}  // namespace contextsync

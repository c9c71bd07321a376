// Word holders: the contexts of a level that hold certain words, for lists with filters. Source:
// docs/storage_format.md#search-index

#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/notebook/overlay.h"
#include "core/notebook/search_rows.h"

namespace contextsync {

struct WordHolder {
  search_rows::Number number = 0;
  UnixMillis updated_at = 0;
};

/// Those that hold all of `words`, or of which not all words are counted; in no order. Never leaves
/// out one that holds them, if the index is up to date. Precondition: there are words.
///
/// Errors: of the store, kCorruption.
Result<std::vector<WordHolder>> FindHolders(const TableReader& tables, keys::Generation generation,
                                            Level level, const std::vector<std::string>& words);

}  // namespace contextsync

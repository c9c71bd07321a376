// Whether a store holds a text anywhere: for tests of what must be gone.

#pragma once

#include <cstddef>
#include <string_view>

#include <gtest/gtest.h>

#include "core/ports/table_store.h"

namespace contextsync {

/// In the key or the value of any row of the first `tables` tables. A key may hold a text too: the
/// words of the search index stand in theirs.
inline bool HoldsText(const TableStore& store, std::size_t tables, std::string_view text) {
  bool found = false;
  for (TableId table = 0; table < tables; ++table) {
    const auto look = [&](std::string_view key, std::string_view value) {
      found = found || key.find(text) != key.npos || value.find(text) != value.npos;
      return !found;
    };
    EXPECT_TRUE(store.Scan(table, KeyRange{}, look).ok());
  }
  return found;
}

}  // namespace contextsync

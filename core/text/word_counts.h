// WordCounts: how often each word occurs in a context, which is all a search index keeps of it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/document/json.h"

namespace contextsync {

/// Different words of one context that are counted: its first ones. A context of 4 MiB of prose has
/// fewer, one of random identifiers is found by its beginning.
inline constexpr std::size_t kCountedWords = 10'000;

struct WordCounts {
  std::vector<std::pair<std::string, std::uint32_t>> words;  // in byte order
  std::uint64_t length = 0;                                  // all occurrences
};

WordCounts CountWords(std::string_view id, const Json& data);

}  // namespace contextsync

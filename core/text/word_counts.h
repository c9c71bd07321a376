// WordCounts: how often each word occurs in a context and roughly what follows it, which is all a
// search index keeps of it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/document/json.h"

namespace contextsync {

/// Different words of one context that are counted: its first ones. A context of 4 MiB of prose has
/// fewer, one of random identifiers is found by its beginning.
inline constexpr std::size_t kCountedWords = 10'000;
/// The same of its value words.
inline constexpr std::size_t kCountedValues = 1'000;

/// A byte that stands for a word: one in 256 others has the same. Kept in the index.
char FollowerByte(std::string_view word);

struct WordCount {
  std::string word;
  std::uint32_t count = 0;
  /// Of each word that stands behind this one somewhere: its FollowerByte, once, in byte order.
  /// What is not in it ends no phrase.
  std::string followers;

  friend bool operator==(const WordCount&, const WordCount&) = default;
};

struct WordCounts {
  std::vector<WordCount> words;  // in byte order
  std::uint64_t length = 0;      // all occurrences
};

/// The words of the id, of every key and text value, and the value words of `data`.
WordCounts CountWords(std::string_view id, const Json& data);

/// Stands for a number, a truth value or null under `key`, so that it can be looked up. No text has
/// such a word. Of a list's elements the key is that of the list. At most kWordBytes.
std::string ValueWord(std::string_view key, const Json& value);

/// A word of every context some of whose words are not counted: it may hold anything.
inline constexpr std::string_view kUncounted = "\x01";

}  // namespace contextsync

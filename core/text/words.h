// Words: cuts a text into the folded words the search knows.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace contextsync {

/// Longer words, mostly encoded data, count as their first bytes.
inline constexpr std::size_t kWordBytes = 64;

struct Word {
  std::string text;       // folded, at most kWordBytes, never empty, no byte 0
  std::size_t begin = 0;  // where it stands in the text …
  std::size_t end = 0;    // … and the place behind it
};

/// Lifetime: the text must outlive the reader.
class WordReader {
 public:
  explicit WordReader(std::string_view text) : text_(text) {}

  /// The next word, into `word`; false at the end.
  bool Next(Word& word);

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

std::vector<Word> WordsOf(std::string_view text);

}  // namespace contextsync

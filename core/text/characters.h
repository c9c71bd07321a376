// Characters: what of a text is a word for the search, and which letters count as the same. Source:
// docs/tools.md#search

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace contextsync {

enum class CharacterKind {
  kSeparator,
  kLetter,     // part of a word: letters, digits, marks
  kIdeograph,  // a word by itself: scripts without spaces between words, and pictures
};

CharacterKind KindOf(char32_t character);

/// The small form of a letter. Latin, Greek, Cyrillic and Armenian; all others are as they are.
char32_t FoldCase(char32_t character);

struct DecodedCharacter {
  char32_t character = 0;
  std::size_t bytes = 1;
};

/// The character at `at`; U+FFFD of one byte where the text is not UTF-8. Precondition: at <
/// text.size().
DecodedCharacter DecodeAt(std::string_view text, std::size_t at);

void AppendUtf8(std::string& out, char32_t character);

/// The last place at or before `at` where a character begins.
std::size_t CharacterStart(std::string_view text, std::size_t at);

}  // namespace contextsync

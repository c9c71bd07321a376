// The classes of characters that tokens are made of, each a bit in one table.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace contextsync::secrets {

enum CharacterClass : std::uint8_t {
  kDigit = 1U << 0U,
  kLower = 1U << 1U,
  kUpper = 1U << 2U,
  kHex = 1U << 3U,         // either case
  kUnderscore = 1U << 4U,  //
  kDash = 1U << 5U,
  kBase64Sign = 1U << 6U,  // + / =
  kDot = 1U << 7U,         // . ~
};

constexpr std::uint8_t kLetter = kLower | kUpper;
constexpr std::uint8_t kAlphanumeric = kLetter | kDigit;
constexpr std::uint8_t kBase64Url = kAlphanumeric | kUnderscore | kDash;

namespace internal {

constexpr std::array<std::uint8_t, 256> MakeClasses() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = '0'; c <= '9'; ++c)
    classes[c] = kDigit | kHex;
  for (unsigned c = 'a'; c <= 'z'; ++c)
    classes[c] = c <= 'f' ? kLower | kHex : kLower;
  for (unsigned c = 'A'; c <= 'Z'; ++c)
    classes[c] = c <= 'F' ? kUpper | kHex : kUpper;
  classes['_'] = kUnderscore;
  classes['-'] = kDash;
  for (const char c : {'+', '/', '='})
    classes[static_cast<unsigned char>(c)] = kBase64Sign;
  for (const char c : {'.', '~'})
    classes[static_cast<unsigned char>(c)] = kDot;
  return classes;
}

inline constexpr auto kClasses = MakeClasses();

}  // namespace internal

[[nodiscard]] constexpr bool Is(char c, std::uint8_t classes) {
  return (internal::kClasses[static_cast<unsigned char>(c)] & classes) != 0;
}

/// How many characters of `text` from `at` on are of `classes`, at most `most`.
[[nodiscard]] constexpr std::size_t RunLength(std::string_view text, std::size_t at,
                                              std::uint8_t classes, std::size_t most) {
  std::size_t length = 0;
  while (length < most && at + length < text.size() && Is(text[at + length], classes))
    ++length;
  return length;
}

}  // namespace contextsync::secrets

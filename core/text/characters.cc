#include "core/text/characters.h"

#include <algorithm>
#include <array>

namespace contextsync {

namespace {

struct KindRange {
  char32_t first;
  char32_t last;
  CharacterKind kind;
};

constexpr auto kSeparator = CharacterKind::kSeparator;
constexpr auto kIdeograph = CharacterKind::kIdeograph;
constexpr auto kLetter = CharacterKind::kLetter;

// Ascending; what lies between is a letter.
constexpr std::array kRanges = {
    KindRange{0x0080, 0x00A9, kSeparator},    // controls, signs
    KindRange{0x00AB, 0x00B4, kSeparator},    //
    KindRange{0x00B6, 0x00B9, kSeparator},    //
    KindRange{0x00BB, 0x00BF, kSeparator},    //
    KindRange{0x00D7, 0x00D7, kSeparator},    // times
    KindRange{0x00F7, 0x00F7, kSeparator},    // divided by
    KindRange{0x037E, 0x037E, kSeparator},    // Greek question mark
    KindRange{0x0387, 0x0387, kSeparator},    //
    KindRange{0x055A, 0x055F, kSeparator},    // Armenian punctuation
    KindRange{0x0589, 0x058A, kSeparator},    //
    KindRange{0x05BE, 0x05BE, kSeparator},    // Hebrew punctuation
    KindRange{0x05F3, 0x05F4, kSeparator},    //
    KindRange{0x060C, 0x060D, kSeparator},    // Arabic punctuation
    KindRange{0x061B, 0x061F, kSeparator},    //
    KindRange{0x066A, 0x066D, kSeparator},    //
    KindRange{0x06D4, 0x06D4, kSeparator},    //
    KindRange{0x0964, 0x0965, kSeparator},    // Devanagari full stops
    KindRange{0x2000, 0x20CF, kSeparator},    // punctuation, raised digits, currencies
    KindRange{0x2190, 0x2BFF, kSeparator},    // arrows, mathematics, boxes, symbols
    KindRange{0x2E00, 0x2E7F, kSeparator},    // more punctuation
    KindRange{0x2E80, 0x2FDF, kIdeograph},    // radicals
    KindRange{0x2FE0, 0x3004, kSeparator},    //
    KindRange{0x3005, 0x3007, kIdeograph},    // repetition marks
    KindRange{0x3008, 0x3030, kSeparator},    // East Asian punctuation
    KindRange{0x3031, 0x3035, kIdeograph},    //
    KindRange{0x3036, 0x3040, kSeparator},    //
    KindRange{0x3041, 0x309F, kIdeograph},    // hiragana
    KindRange{0x30A0, 0x30A0, kSeparator},    //
    KindRange{0x30A1, 0x30FA, kIdeograph},    // katakana
    KindRange{0x30FB, 0x30FB, kSeparator},    // middle dot
    KindRange{0x30FC, 0x312F, kIdeograph},    // katakana, bopomofo
    KindRange{0x3190, 0x9FFF, kIdeograph},    // enclosed forms, Han
    KindRange{0xD800, 0xF8FF, kSeparator},    // surrogates, private use
    KindRange{0xF900, 0xFAFF, kIdeograph},    // Han
    KindRange{0xFE10, 0xFE1F, kSeparator},    //
    KindRange{0xFE30, 0xFE6F, kSeparator},    //
    KindRange{0xFEFF, 0xFF0F, kSeparator},    // byte order mark, wide punctuation
    KindRange{0xFF1A, 0xFF20, kSeparator},    //
    KindRange{0xFF3B, 0xFF40, kSeparator},    //
    KindRange{0xFF5B, 0xFF65, kSeparator},    //
    KindRange{0xFF66, 0xFF9F, kIdeograph},    // narrow katakana
    KindRange{0xFFE0, 0xFFFF, kSeparator},    //
    KindRange{0x1F000, 0x1FAFF, kIdeograph},  // pictures
    KindRange{0x20000, 0x3FFFF, kIdeograph},  // Han
    KindRange{0xE0000, 0x10FFFF, kSeparator},
};

constexpr bool IsAsciiLetter(char32_t character) {
  return (character >= U'0' && character <= U'9') || (character >= U'a' && character <= U'z') ||
         (character >= U'A' && character <= U'Z');
}

// How the large letters of a range lie to their small ones.
enum class Pairing { kAway, kEvenThenOdd, kOddThenEven };

struct FoldRange {
  char32_t first;
  char32_t last;
  Pairing pairing;
  char32_t distance;
};

constexpr std::array kFolds = {
    FoldRange{U'A', U'Z', Pairing::kAway, 32},
    FoldRange{0x00C0, 0x00D6, Pairing::kAway, 32},        // Latin-1
    FoldRange{0x00D8, 0x00DE, Pairing::kAway, 32},        //
    FoldRange{0x0100, 0x012F, Pairing::kEvenThenOdd, 1},  // Latin Extended-A
    FoldRange{0x0132, 0x0137, Pairing::kEvenThenOdd, 1},  //
    FoldRange{0x0139, 0x0148, Pairing::kOddThenEven, 1},  //
    FoldRange{0x014A, 0x0177, Pairing::kEvenThenOdd, 1},  //
    FoldRange{0x0179, 0x017E, Pairing::kOddThenEven, 1},  //
    FoldRange{0x01CD, 0x01DC, Pairing::kOddThenEven, 1},  // Latin Extended-B
    FoldRange{0x01DE, 0x01EF, Pairing::kEvenThenOdd, 1},  //
    FoldRange{0x01F8, 0x021F, Pairing::kEvenThenOdd, 1},  //
    FoldRange{0x0222, 0x0233, Pairing::kEvenThenOdd, 1},  //
    FoldRange{0x0386, 0x0386, Pairing::kAway, 38},        // Greek
    FoldRange{0x0388, 0x038A, Pairing::kAway, 37},        //
    FoldRange{0x038C, 0x038C, Pairing::kAway, 64},        //
    FoldRange{0x038E, 0x038F, Pairing::kAway, 63},        //
    FoldRange{0x0391, 0x03A1, Pairing::kAway, 32},        //
    FoldRange{0x03A3, 0x03AB, Pairing::kAway, 32},        //
    FoldRange{0x03C2, 0x03C2, Pairing::kAway, 1},         // final sigma
    FoldRange{0x0400, 0x040F, Pairing::kAway, 80},        // Cyrillic
    FoldRange{0x0410, 0x042F, Pairing::kAway, 32},        //
    FoldRange{0x0460, 0x0481, Pairing::kEvenThenOdd, 1},  //
    FoldRange{0x048A, 0x04BF, Pairing::kEvenThenOdd, 1},  //
    FoldRange{0x04C0, 0x04C0, Pairing::kAway, 15},        //
    FoldRange{0x04C1, 0x04CE, Pairing::kOddThenEven, 1},  //
    FoldRange{0x04D0, 0x052F, Pairing::kEvenThenOdd, 1},  //
    FoldRange{0x0531, 0x0556, Pairing::kAway, 48},        // Armenian
    FoldRange{0x1E00, 0x1E95, Pairing::kEvenThenOdd, 1},  // Latin Extended Additional
    FoldRange{0x1EA0, 0x1EFF, Pairing::kEvenThenOdd, 1},  //
    FoldRange{0xFF21, 0xFF3A, Pairing::kAway, 32},        // wide Latin
};

/// The last range that begins at or before `character`; null when it does not reach it.
template <typename Ranges>
const auto* Covering(const Ranges& ranges, char32_t character) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), character,
                       [](char32_t wanted, const auto& range) { return wanted < range.first; });
  const auto* found = after == ranges.begin() ? nullptr : &*std::prev(after);
  return found != nullptr && character <= found->last ? found : nullptr;
}

/// Those that fit no pattern.
char32_t FoldAlone(char32_t character) {
  switch (character) {
    case 0x0130:  // I with a dot
      return U'i';
    case 0x0178:
      return 0x00FF;
    case 0x017F:  // long s
      return U's';
    case 0x1E9E:  // capital sharp s
      return 0x00DF;
    default:
      return character;
  }
}

std::size_t SequenceBytes(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

bool IsContinuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

}  // namespace

CharacterKind KindOf(char32_t character) {
  if (character < 0x80) return IsAsciiLetter(character) ? kLetter : kSeparator;
  const auto* range = Covering(kRanges, character);
  return range == nullptr ? kLetter : range->kind;
}

char32_t FoldCase(char32_t character) {
  const auto* range = Covering(kFolds, character);
  if (range == nullptr) return FoldAlone(character);
  const bool is_even = character % 2 == 0;
  const bool is_large =
      range->pairing == Pairing::kAway || is_even == (range->pairing == Pairing::kEvenThenOdd);
  return is_large ? character + range->distance : character;
}

DecodedCharacter DecodeAt(std::string_view text, std::size_t at) {
  constexpr DecodedCharacter kBad{0xFFFD, 1};
  constexpr unsigned kPayloadBits = 6;
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t bytes = SequenceBytes(lead);
  if (bytes == 1) return {lead, 1};
  if (bytes == 0 || bytes > text.size() - at) return kBad;
  char32_t character = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!IsContinuation(text[at + i])) return kBad;
    character = (character << kPayloadBits) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  }
  return {character, bytes};
}

void AppendUtf8(std::string& out, char32_t character) {
  const auto tail = [&out, character](unsigned shift) {
    out += static_cast<char>(0x80U | ((character >> shift) & 0x3FU));
  };
  if (character < 0x80) {
    out += static_cast<char>(character);
  } else if (character < 0x800) {
    out += static_cast<char>(0xC0U | (character >> 6U));
    tail(0);
  } else if (character < 0x10000) {
    out += static_cast<char>(0xE0U | (character >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (character >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::size_t CharacterStart(std::string_view text, std::size_t at) {
  if (at >= text.size()) return text.size();
  while (at > 0 && IsContinuation(text[at]))
    --at;
  return at;
}

}  // namespace contextsync

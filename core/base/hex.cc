#include "core/base/hex.h"

#include <algorithm>

namespace contextsync {

namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

std::string ToHex(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

std::string ToHex16(std::uint64_t value) {
  std::string text(16, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit) {
    *digit = kDigits[value & 15U];
    value >>= 4U;
  }
  return text;
}

std::optional<std::uint64_t> FromHex16(std::string_view text) {
  if (!IsHex(text, 16)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text)
    value = (value << 4U) | kDigits.find(c);
  return value;
}

bool IsHex(std::string_view text, std::size_t digits) {
  return text.size() == digits && std::all_of(text.begin(), text.end(), [](char c) {
           return kDigits.find(c) != std::string_view::npos;
         });
}

}  // namespace contextsync

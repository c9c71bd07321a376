// Hexadecimal text forms: lower case, fixed width.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace contextsync {

/// Each byte as two lower-case hex digits.
std::string ToHex(std::string_view bytes);

/// Exactly 16 lower-case hex digits.
std::string ToHex16(std::uint64_t value);

/// The value of exactly 16 lower-case hex digits; nothing for any other text.
std::optional<std::uint64_t> FromHex16(std::string_view text);

/// True when `text` is exactly `digits` lower-case hex digits.
bool IsHex(std::string_view text, std::size_t digits);

}  // namespace contextsync

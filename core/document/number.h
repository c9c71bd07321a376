// JSON numbers that are stored exactly or refused, and their one text form.
// Source: docs/sync_protocol.md#canonical-json; ECMA-262 Number::toString for fractions.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace contextsync {

using Number =
    std::variant<std::int64_t, std::uint64_t, double>;  // negative, not negative, no integer

struct NumberReading {
  Number value;          // the nearest one when not exact
  bool is_exact = true;  // false: `value` written out would be another number than the literal
};

/// Reads a literal that follows the JSON grammar. An integer within 64 bits stays one, also when
/// written with a fraction or exponent; −0 is 0.
NumberReading ReadNumber(std::string_view literal);

/// True for a literal of the JSON grammar that is larger than every finite double.
bool IsBeyondDouble(std::string_view text);

/// Appends the shortest decimal that reads back as `value`; integers within 64 bits without
/// exponent, all others in exponent form from 1e16 up, so that the text never reads back as an
/// integer. Infinities and NaN, which no JSON text can give, become null.
void AppendDouble(std::string& out, double value);

}  // namespace contextsync

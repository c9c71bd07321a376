#include "core/document/number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace contextsync {
namespace {

// Sign, digits without zeros at either end, and the power of ten of the last digit. Zero has no
// digits.
struct Decimal {
  bool negative = false;
  std::string digits;
  std::int64_t exponent = 0;

  friend bool operator==(const Decimal&, const Decimal&) = default;
};

// Far beyond any double, far below overflow when the digits' own exponent is added.
constexpr std::int64_t kExponentCap = 1'000'000'000'000;

std::int64_t ReadExponent(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  std::int64_t value = 0;
  for (const char digit : text)
    value = std::min(value * 10 + (digit - '0'), kExponentCap);
  return negative ? -value : value;
}

void Normalise(Decimal& decimal) {
  const std::size_t first = decimal.digits.find_first_not_of('0');
  if (first == std::string::npos) {
    decimal = Decimal{};
    return;
  }
  const std::size_t last = decimal.digits.find_last_not_of('0');
  decimal.exponent += static_cast<std::int64_t>(decimal.digits.size() - 1 - last);
  decimal.digits = decimal.digits.substr(first, last - first + 1);
}

Decimal ReadDecimal(std::string_view literal) {
  Decimal decimal;
  if (literal.front() == '-') {
    decimal.negative = true;
    literal.remove_prefix(1);
  }
  const std::size_t mark = literal.find_first_of("eE");
  if (mark != std::string_view::npos) {
    decimal.exponent = ReadExponent(literal.substr(mark + 1));
    literal = literal.substr(0, mark);
  }
  const std::size_t point = literal.find('.');
  decimal.digits = std::string(literal.substr(0, point));
  if (point != std::string_view::npos) {
    decimal.digits += literal.substr(point + 1);
    decimal.exponent -= static_cast<std::int64_t>(literal.size() - point - 1);
  }
  Normalise(decimal);
  return decimal;
}

// The value as an integer within 64 bits, if it is one.
std::optional<Number> AsInteger(const Decimal& decimal) {
  constexpr std::int64_t kMostDigits = std::numeric_limits<std::uint64_t>::digits10 + 1;
  if (decimal.digits.empty()) return Number{std::uint64_t{0}};
  if (decimal.exponent < 0 || decimal.exponent > kMostDigits) return std::nullopt;
  const std::string text = (decimal.negative ? "-" : "") + decimal.digits +
                           std::string(static_cast<std::size_t>(decimal.exponent), '0');
  const char* end = text.data() + text.size();
  if (decimal.negative) {
    std::int64_t value = 0;
    if (std::from_chars(text.data(), end, value).ec != std::errc{}) return std::nullopt;
    return Number{value};
  }
  std::uint64_t value = 0;
  if (std::from_chars(text.data(), end, value).ec != std::errc{}) return std::nullopt;
  return Number{value};
}

bool IsLarge(const Decimal& decimal) {
  return decimal.exponent + static_cast<std::int64_t>(decimal.digits.size()) > 0;
}

double NearestDouble(std::string_view literal, const Decimal& decimal) {
  double value = 0;
  const auto [end, error] = std::from_chars(literal.data(), literal.data() + literal.size(), value);
  if (error == std::errc{}) return value;
  const double magnitude = IsLarge(decimal) ? std::numeric_limits<double>::max() : 0.0;
  return decimal.negative ? -magnitude : magnitude;
}

// The shortest digits that read back as `value`.
Decimal ShortestDecimal(double value) {
  std::array<char, 32> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                    std::chars_format::scientific);
  return ReadDecimal({buffer.data(), static_cast<std::size_t>(result.ptr - buffer.data())});
}

bool HasFractionOrExponent(std::string_view literal) {
  return literal.find_first_of(".eE") != std::string_view::npos;
}

// Takes one or more digits off the front of `rest`.
bool SkipDigits(std::string_view& rest) {
  const std::size_t count = std::min(rest.find_first_not_of("0123456789"), rest.size());
  rest.remove_prefix(count);
  return count > 0;
}

bool SkipOneOf(std::string_view& rest, std::string_view chars) {
  if (rest.empty() || chars.find(rest.front()) == std::string_view::npos) return false;
  rest.remove_prefix(1);
  return true;
}

// The number grammar of RFC 8259.
bool IsLiteral(std::string_view rest) {
  SkipOneOf(rest, "-");
  const bool has_leading_zero = SkipOneOf(rest, "0");
  if (!has_leading_zero && !SkipDigits(rest)) return false;
  if (SkipOneOf(rest, ".") && !SkipDigits(rest)) return false;
  if (SkipOneOf(rest, "eE")) {
    SkipOneOf(rest, "+-");
    if (!SkipDigits(rest)) return false;
  }
  return rest.empty();
}

void AppendExponentForm(std::string& out, const std::string& digits, std::int64_t exponent) {
  out += digits.front();
  if (digits.size() > 1) {
    out += '.';
    out.append(digits, 1);
  }
  out += exponent < 0 ? "e-" : "e+";
  out += std::to_string(std::abs(exponent));
}

}  // namespace

bool IsBeyondDouble(std::string_view text) {
  if (!IsLiteral(text)) return false;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc::result_out_of_range && IsLarge(ReadDecimal(text));
}

NumberReading ReadNumber(std::string_view literal) {
  const Decimal decimal = ReadDecimal(literal);
  if (const auto integer = AsInteger(decimal)) return {*integer, true};
  const double nearest = NearestDouble(literal, decimal);
  // An integer literal beyond 64 bits would come back as a fraction type: refused even when exact.
  const bool is_exact =
      HasFractionOrExponent(literal) && nearest != 0 && ShortestDecimal(nearest) == decimal;
  return {nearest, is_exact};
}

void AppendDouble(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  const Decimal decimal = ShortestDecimal(value);
  if (const auto integer = AsInteger(decimal)) {
    const auto append = [&out](auto number) { out += std::to_string(number); };
    std::visit(append, *integer);
    return;
  }
  if (decimal.negative) out += '-';
  const std::string& digits = decimal.digits;
  const auto length = static_cast<std::int64_t>(digits.size());
  const std::int64_t point = length + decimal.exponent;  // digits before the decimal point
  if (point > 16 || point <= -6) {
    AppendExponentForm(out, digits, point - 1);
  } else if (point <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-point), '0');
    out += digits;
  } else {
    out.append(digits, 0, static_cast<std::size_t>(point));
    out += '.';
    out.append(digits, static_cast<std::size_t>(point));
  }
}

}  // namespace contextsync

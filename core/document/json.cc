#include "core/document/json.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/document/number.h"

namespace contextsync {
namespace {

enum class TextStyle { kCanonical, kWire };

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// Length of the UTF-8 sequence that begins with `lead`; 0 when none does.
std::size_t LengthByLead(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return 2;
  if (lead < 0xF0) return 3;
  return lead < 0xF5 ? 4 : 0;
}

// Overlong forms, surrogates and what is above U+10FFFF: the second byte tells.
bool IsSecondByte(unsigned char lead, unsigned char second) {
  const unsigned char lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return lowest <= second && second <= highest;
}

// Length of the well-formed UTF-8 sequence at the front of `text`; 0 when there is none. The
// Unicode Standard, table 3-7.
std::size_t SequenceLength(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = LengthByLead(byte(0));
  if (length == 0 || text.size() < length) return 0;
  if (length > 1 && !IsSecondByte(byte(0), byte(1))) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  }
  return length;
}

std::size_t AsciiPrefix(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && static_cast<unsigned char>(text[length]) < 0x80)
    ++length;
  return length;
}

void AppendEscape(std::string& out, char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const auto value = static_cast<unsigned char>(c);
  out += "\\u00";
  out += kDigits[value >> 4U];
  out += kDigits[value & 0xFU];
}

bool NeedsEscape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

// Everything from U+0020 up goes out raw; on the wire, what could break a line or a UTF-8 reader
// does not.
void AppendRaw(std::string& out, std::string_view text, TextStyle style) {
  if (style == TextStyle::kCanonical) {
    out.append(text);
    return;
  }
  while (true) {
    const std::size_t plain = AsciiPrefix(text);
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) return;
    const std::size_t length = SequenceLength(text);
    const std::string_view sequence = text.substr(0, std::max<std::size_t>(length, 1));
    if (length == 0) {
      out += kReplacement;
    } else if (sequence == "\xE2\x80\xA8") {
      out += "\\u2028";
    } else if (sequence == "\xE2\x80\xA9") {
      out += "\\u2029";
    } else {
      out += sequence;
    }
    text.remove_prefix(sequence.size());
  }
}

void AppendString(std::string& out, std::string_view text, TextStyle style) {
  out += '"';
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!NeedsEscape(text[i])) continue;
    AppendRaw(out, text.substr(start, i - start), style);
    AppendEscape(out, text[i]);
    start = i + 1;
  }
  AppendRaw(out, text.substr(start), style);
  out += '"';
}

void AppendValue(std::string& out, const Json& value, TextStyle style);

void AppendObject(std::string& out, const Json& value, TextStyle style) {
  out += '{';
  bool is_first = true;
  for (const auto& [key, member] : value.get_ref<const Json::object_t&>()) {
    if (!std::exchange(is_first, false)) out += ',';
    AppendString(out, key, style);
    out += ':';
    AppendValue(out, member, style);
  }
  out += '}';
}

void AppendArray(std::string& out, const Json& value, TextStyle style) {
  out += '[';
  bool is_first = true;
  for (const Json& element : value.get_ref<const Json::array_t&>()) {
    if (!std::exchange(is_first, false)) out += ',';
    AppendValue(out, element, style);
  }
  out += ']';
}

// Recurses: the depth of every tree is bounded where it is parsed.
void AppendValue(std::string& out, const Json& value, TextStyle style) {
  switch (value.type()) {
    case Json::value_t::object:
      AppendObject(out, value, style);
      return;
    case Json::value_t::array:
      AppendArray(out, value, style);
      return;
    case Json::value_t::string:
      AppendString(out, value.get_ref<const std::string&>(), style);
      return;
    case Json::value_t::boolean:
      out += value.get<bool>() ? "true" : "false";
      return;
    case Json::value_t::number_integer:
      out += std::to_string(value.get<std::int64_t>());
      return;
    case Json::value_t::number_unsigned:
      out += std::to_string(value.get<std::uint64_t>());
      return;
    case Json::value_t::number_float:
      AppendDouble(out, value.get<double>());
      return;
    case Json::value_t::null:
    case Json::value_t::binary:
    case Json::value_t::discarded:
      out += "null";
      return;
  }
}

}  // namespace

std::string CanonicalBytes(const Json& value) {
  std::string out;
  AppendValue(out, value, TextStyle::kCanonical);
  return out;
}

std::string CompactText(const Json& value) {
  std::string out;
  AppendCompactText(out, value);
  return out;
}

void AppendCompactText(std::string& out, const Json& value) {
  AppendValue(out, value, TextStyle::kWire);
}

void AppendCompactString(std::string& out, std::string_view text) {
  AppendString(out, text, TextStyle::kWire);
}

std::size_t Depth(const Json& value) {
  std::size_t deepest = 0;
  std::vector<std::pair<const Json*, std::size_t>> rest = {{&value, 1}};
  while (!rest.empty()) {
    const auto [node, depth] = rest.back();
    rest.pop_back();
    if (!node->is_structured()) continue;
    deepest = std::max(deepest, depth);
    for (const Json& child : *node) {
      if (child.is_structured()) rest.emplace_back(&child, depth + 1);
    }
  }
  return deepest;
}

}  // namespace contextsync

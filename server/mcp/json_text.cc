#include "server/mcp/json_text.h"

#include <array>
#include <cstdint>

namespace contextsync::mcp {
namespace {

constexpr unsigned char kLineSeparatorLead = 0xE2;  // U+2028 and U+2029 are E2 80 A8 and E2 80 A9

constexpr std::array<bool, 256> SpecialBytes() {
  std::array<bool, 256> special{};
  for (std::size_t i = 0; i < 0x20; ++i)
    special[i] = true;
  special['"'] = true;
  special['\\'] = true;
  special[kLineSeparatorLead] = true;
  return special;
}

constexpr std::array<bool, 256> kSpecial = SpecialBytes();

constexpr std::string_view kHexDigits = "0123456789abcdef";

void AppendControl(std::string& out, unsigned char byte) {
  switch (byte) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    default:
      break;
  }
  out += "\\u00";
  out += kHexDigits[byte >> 4U];
  out += kHexDigits[byte & 0x0FU];
}

// Appends the escape for the control byte or separator at the start of `rest`; returns how many
// bytes it stands for.
std::size_t AppendSpecial(std::string& out, std::string_view rest) {
  const auto byte = static_cast<unsigned char>(rest[0]);
  if (byte == kLineSeparatorLead) {
    const bool separator = rest.substr(1, 2) == "\x80\xA8" || rest.substr(1, 2) == "\x80\xA9";
    if (!separator) {
      out += rest[0];
      return 1;
    }
    out += rest[2] == '\xA8' ? "\\u2028" : "\\u2029";
    return 3;
  }
  AppendControl(out, byte);
  return 1;
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  std::size_t run = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    if (!kSpecial[static_cast<unsigned char>(text[at])]) {
      ++at;
      continue;
    }
    out.append(text, run, at - run);
    if (text[at] == '"' || text[at] == '\\') {
      out += '\\';  // the character itself opens the next run: an answer is full of quotes
      run = at++;
      continue;
    }
    at += AppendSpecial(out, text.substr(at));
    run = at;
  }
  out.append(text, run);
  out += '"';
}

std::string JsonString(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  AppendJsonString(out, text);
  return out;
}

std::string_view CutUtf8(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  return text.substr(0, end);
}

}  // namespace contextsync::mcp

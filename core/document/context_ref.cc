#include "core/document/context_ref.h"

#include <utility>

#include "core/base/limits.h"

namespace contextsync {
namespace {

constexpr std::array<std::string_view, kAllLevels.size()> kLevelNames = {"global", "project",
                                                                         "branch", "task"};

// The code point at the front of `text` and its length; nothing when it is not UTF-8.
std::optional<std::pair<char32_t, std::size_t>> DecodeFirst(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return std::pair{static_cast<char32_t>(lead), std::size_t{1}};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return std::nullopt;
  char32_t point = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0U) != 0x80U) return std::nullopt;
    point = (point << 6U) | (byte & 0x3FU);
  }
  constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = point >= 0xD800 && point <= 0xDFFF;
  if (point < kLeast[length] || point > 0x10FFFF || is_surrogate) return std::nullopt;
  return std::pair{point, length};
}

// C0, C1 and DEL; marks, embeddings, overrides and isolates that turn the direction of text.
bool IsControlOrBidi(char32_t point) {
  if (point < 0x20 || (point >= 0x7F && point <= 0x9F)) return true;
  return point == 0x061C || point == 0x200E || point == 0x200F ||
         (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

Error InvalidRef(std::string message) {
  return {ErrorCode::kInvalidArgument, std::move(message)};
}

}  // namespace

std::string_view ToString(Level level) {
  return kLevelNames[static_cast<std::size_t>(level)];
}

std::optional<Level> ParseLevel(std::string_view text) {
  for (const Level level : kAllLevels) {
    if (ToString(level) == text) return level;
  }
  return std::nullopt;
}

std::optional<Level> ParentLevel(Level level) {
  if (level == Level::kGlobal) return std::nullopt;
  return kAllLevels[static_cast<std::size_t>(level) - 1];
}

Status ValidateContextRef(const ContextRef& ref) {
  if (ref.id.empty()) return InvalidRef("context_id is empty");
  if (ref.id.size() > limits::kContextIdBytes) {
    return InvalidRef("context_id is longer than " + std::to_string(limits::kContextIdBytes) +
                      " bytes");
  }
  for (std::string_view rest = ref.id; !rest.empty();) {
    const auto first = DecodeFirst(rest);
    if (!first) return InvalidRef("context_id is not UTF-8");
    if (IsControlOrBidi(first->first))
      return InvalidRef("context_id holds a control or direction character");
    rest.remove_prefix(first->second);
  }
  if (ref.level == Level::kGlobal && ref.id != "global" && ref.id.front() != '_') {
    return InvalidRef("the context_id at level global is \"global\"");
  }
  return {};
}

}  // namespace contextsync

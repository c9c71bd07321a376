// ContextRef: which context, (level, context_id).

#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace contextsync {

/// Farthest first; the numbers are stored. Do not change them.
enum class Level : std::uint8_t { kGlobal = 0, kProject = 1, kBranch = 2, kTask = 3 };

inline constexpr std::array kAllLevels = {Level::kGlobal, Level::kProject, Level::kBranch,
                                          Level::kTask};

std::string_view ToString(Level level);
std::optional<Level> ParseLevel(std::string_view text);

/// The level one up; nothing for kGlobal.
std::optional<Level> ParentLevel(Level level);

struct ContextRef {
  Level level = Level::kTask;
  std::string id;

  friend auto operator<=>(const ContextRef&, const ContextRef&) = default;
};

/// Refuses ids that are empty, above limits::kContextIdBytes, not UTF-8, or hold control or
/// bidirectional characters; and at level global anything but `global` and reserved ids that start
/// with `_`.
Status ValidateContextRef(const ContextRef& ref);

}  // namespace contextsync

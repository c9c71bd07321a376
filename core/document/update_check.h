// The limits on an update, and on what a writer's own view may become.

#pragma once

#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "core/document/compile.h"
#include "core/document/draft.h"

namespace contextsync {

/// Why `update` cannot be compiled on anything: depth, keys, and pointers that lead nowhere.
std::optional<CompileError> CheckUpdate(const Update& update);

/// Why the result is too large: a list the delta added to, or the whole view when the update made
/// it larger.
std::optional<CompileError> CheckGrowth(const Draft& draft, const View& view);

}  // namespace contextsync

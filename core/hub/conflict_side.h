// The two sides of a conflict: what each writer wanted at a path, and who it was.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/document/state.h"

namespace contextsync {

/// The cell of `delta` at `path` or nearest above it that says something there itself, beyond
/// keeping its parents alive; nothing when `delta` does not write at or above `path`.
std::optional<std::string> WrittenAt(const Delta& delta, std::string_view path);

/// Canonical bytes of what `delta` alone wants at `path`, when it writes at `written` (`path` or
/// above); nothing: it deletes.
std::optional<std::string> WantedBytes(const Delta& delta, std::string_view written,
                                       std::string_view path);

/// True when `delta` deletes at `path` or above.
bool Deletes(const Delta& delta, std::string_view path);

}  // namespace contextsync

// Is this directory fit to hold a store: ours, private, local?

#pragma once

#include <string>

#include "core/base/result.h"

namespace contextsync {

/// Creates `directory` (and its parents) with mode 0700 if it is missing, and withdraws other
/// users' right to read it.
///
/// Errors: kInvalidArgument for a symlink, a foreign owner, a directory others may write to, or a
/// network file
///         system (locks and fsync cannot be relied on there).
Status PrepareDirectory(const std::string& directory);

}  // namespace contextsync

// BackgroundProcess: this program once more, on its own: it outlives whoever started it.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace contextsync {

/// Starts this program with `arguments` in a session of its own. It has no standard input, inherits
/// no descriptor, and writes what it says to `log`, which begins anew once it is large. Its working
/// directory is the log's. Does not wait.
///
/// Errors: kUnavailable.
Status StartInBackground(const std::vector<std::string>& arguments,
                         const std::filesystem::path& log);

}  // namespace contextsync

// The files a patch in the form of Codex's apply_patch changes.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace contextsync {

/// In the order of the patch, each once.
std::vector<std::string> FilesOfPatch(std::string_view patch);

}  // namespace contextsync

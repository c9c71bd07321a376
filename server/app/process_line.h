// ProcessLine: which process began which. A client starts its server and its hooks itself, which is
// how the two find each other. Source: docs/hooks.md

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "server/mcp/unique_fd.h"

namespace contextsync {

/// What began this process, what began that, and so on: nearest first, at most `most`. Each is
/// named by its number and its time of birth, since numbers come back. Fewer where the system does
/// not tell.
std::vector<std::string> ProcessesAbove(std::size_t most);

/// Readable once the process that began this one has ended. Not ok() where the system cannot tell.
mcp::UniqueFd WatchParent();

}  // namespace contextsync

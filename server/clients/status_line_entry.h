// The status line `setup --with-statusline` writes: a client runs `contextsync status --statusline`
// and shows what it prints. Source: docs/clients.md

#pragma once

#include <string>

#include "core/base/result.h"

namespace contextsync {

/// Sets our status line, or brings it up to date. A client shows one alone.
///
/// Errors: kInvalidArgument when the file is no JSON, or somebody else's line is set.
Result<std::string> PutStatusLine(const std::string& text, const std::string& program);

/// Removes it if it is ours.
Result<std::string> TakeStatusLine(const std::string& text);

}  // namespace contextsync

// The five lines between markers that tell an agent about its notebook, in a file of instructions
// that people write (CLAUDE.md, AGENTS.md, GEMINI.md).

#pragma once

#include <string>

#include "core/base/result.h"

namespace contextsync {

/// Adds the block at the end, or brings the one that is there up to date.
///
/// Errors: kInvalidArgument when only one of the two markers is there.
Result<std::string> PutInstructions(const std::string& text);
Result<std::string> TakeInstructions(const std::string& text);

}  // namespace contextsync

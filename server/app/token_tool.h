// Token commands from the command line: asked of the hub that runs on the directory, or done on its
// store when none does.

#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "core/document/json.h"

namespace contextsync {

/// `request` and answer as in server/hub/token_admin.h. Blocks.
/// Errors: those of RunTokenCommand and HubData; kUnavailable or kTimeout when the running hub does
/// not answer.
Result<Json> AskForTokens(const std::string& data_dir, const Json& request);

}  // namespace contextsync

// The token commands as JSON in, JSON out: the same for a hub that runs and for a store opened
// directly. Source: docs/tools.md#token

#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "core/document/json.h"
#include "core/hub/token_registry.h"

namespace contextsync {

/// `request` is {"command":"create","name","workspace","role","hours"?}, {"command":"list"} or
/// {"command":"revoke","id"}. The answer is what `contextsync token … --json` prints.
///
/// Errors: kInvalidArgument for a malformed request; those of TokenRegistry.
Result<Json> RunTokenCommand(TokenRegistry& tokens, const Json& request);

/// {"error":{"code","message"}}, the answer of the admin socket to what failed.
Json TokenErrorToJson(const Error& error);

/// The answer of the admin socket: the result, or the error it carries.
Result<Json> TokenResultFromJson(Json answer);

}  // namespace contextsync

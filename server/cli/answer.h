// What a command prints: with --json one envelope on one line of stdout, as the tools answer; else
// words. Source: docs/operations.md#exit-codes

#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "core/document/json.h"

namespace contextsync {

/// {"success","operation","timestamp"}
Json Envelope(const std::string& operation, bool success);

/// Prints `data` in an envelope.
void PrintAnswer(const std::string& operation, Json data);

/// Prints why `operation` failed: to stderr and, with `json`, as the failure envelope. Returns the
/// exit code.
int PrintFailure(const std::string& operation, const Error& error, bool json);

}  // namespace contextsync

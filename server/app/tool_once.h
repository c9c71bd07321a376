// ToolOnce: one call of manage_context for the command line, by the process that has the notebook
// open, or by this one where none has. Source: docs/command_line.md

#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/document/json.h"
#include "core/ports/clock.h"
#include "core/tools/workspace.h"

namespace contextsync {

struct ToolOnceOptions {
  std::filesystem::path data_dir;
  WorkspaceId workspace;
  // Its address; empty: none. With one, versions are the hub's, and what it has not numbered is
  // pending.
  std::string hub;
};

/// The tool's answer: its envelope as one compact line, a failure's too.
/// Errors: kNotFound without a notebook; those of opening it; kConflict when whoever has it open
/// does not answer.
Result<std::string> CallToolOnce(const ToolOnceOptions& options, const Json& arguments);

/// The request that has the owner of the notebook do it.
Json ToolRequestToOwner(const Json& arguments);

/// The owner's side; nothing when `request` is another command.
std::optional<Result<Json>> AnswerToolRequest(const OpenWorkspace& workspace, Clock& clock,
                                              Random& random, const Json& request);

}  // namespace contextsync

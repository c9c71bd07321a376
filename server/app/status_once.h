// StatusOnce: the tool `status` for the command line, by the process that has the notebook open, or
// by this one where none has. Source: docs/command_line.md#status

#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/document/json.h"
#include "core/ports/clock.h"
#include "core/tools/identity.h"
#include "core/tools/workspace.h"

namespace contextsync {

struct StatusOnceOptions {
  std::filesystem::path data_dir;
  WorkspaceId workspace;
  Identity identity;
  std::string build;
};

struct StatusAnswer {
  std::string envelope;    // one compact line
  bool is_shared = false;  // by a process that has the notebook open, and goes on
};

/// Without such a process the hub is not asked: the link is offline, the age that of the last sync.
/// Errors: kNotFound without a notebook; as CallToolOnce otherwise.
Result<StatusAnswer> StatusOnce(const StatusOnceOptions& options);

/// The same only where a process has it open.
/// Errors: kNotFound without a notebook; kUnavailable when no process was reached; kTimeout.
Result<std::string> StatusByOwner(const StatusOnceOptions& options,
                                  std::chrono::milliseconds timeout);

/// What the process that has the notebook open brings to an answer.
struct StatusSource {
  Workspace& workspace;
  Clock& clock;
  const std::string& hub;  // it is synchronised with; empty: none
  const std::string& build;
};

/// The owner's side; nothing when `request` is another command.
std::optional<Result<Json>> AnswerStatusRequest(const StatusSource& source, const Json& request);

}  // namespace contextsync

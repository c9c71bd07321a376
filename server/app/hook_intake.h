// HookIntake: what hooks of clients recorded, written into the notebook exactly once; and what they
// ask of it for an agent that begins to work. Source: docs/hooks.md

#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/document/json.h"
#include "core/notebook/notebook.h"

namespace contextsync {

/// Files of the hooks of one workspace: a turn per conversation, and the spool.
std::filesystem::path HookDirectory(const std::filesystem::path& data_dir,
                                    const WorkspaceId& workspace);
std::filesystem::path SpoolDirectory(const std::filesystem::path& data_dir,
                                     const WorkspaceId& workspace);

/// Writes one operation, {"op_id","session","agent","project","branch","task"?,"data"}. A known
/// op_id is written no second time.
///
/// Errors: kInvalidArgument when it can never be written; kUnavailable when it cannot be now.
Status WriteHookOperation(Notebook& notebook, const Json& operation);

/// Writes every operation of the spool and removes its file; what can never be written stays as
/// `*.refused`. Returns how many were written.
std::size_t TakeSpool(Notebook& notebook, const std::filesystem::path& spool);

/// The owner's side of the hooks' requests: {"command":"hook_write","operation"},
/// {"command":"hook_digest", ids, "bytes"} and {"command":"hook_cue", ids, "since"}. Nothing when
/// `request` is another command.
std::optional<Result<Json>> AnswerHookRequest(Notebook& notebook, const Json& request);

}  // namespace contextsync

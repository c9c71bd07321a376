// HookIntake: what hooks of clients recorded, written into the notebook exactly once; and what they
// ask of it for an agent that begins to work. Source: docs/hooks.md

#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/document/json.h"
#include "core/notebook/notebook.h"
#include "core/sync/sync_gate.h"

namespace contextsync {

/// Files of the hooks of one workspace: a turn per conversation, and the spool.
std::filesystem::path HookDirectory(const std::filesystem::path& data_dir,
                                    const WorkspaceId& workspace);
std::filesystem::path SpoolDirectory(const std::filesystem::path& data_dir,
                                     const WorkspaceId& workspace);

/// Writes one operation, {"op_id","session","agent","project","branch","task"?,"data"}. A known
/// op_id is written no second time. `session` need not be told of it; empty: all are.
///
/// Errors: kInvalidArgument when it can never be written; kUnavailable when it cannot be now.
Status WriteHookOperation(Notebook& notebook, const Json& operation,
                          const std::string& session = {});

/// An open notebook, as hooks find it.
struct HookDoor {
  Notebook& notebook;
  const SyncGate& gate;  // knows whether the hub's token may write
  std::filesystem::path spool;

  /// The session of the client among the processes above a hook, nearest first; empty: unknown.
  std::function<std::string(const std::vector<std::string>& above)> session_of = {};
};

/// Writes every operation of the spool, a "hook_write" request per file, and removes it; what can
/// never be written stays as
/// `*.refused`, and while the token may only read, all stays. Returns how many were written.
std::size_t TakeSpool(const HookDoor& door);

/// The owner's side of the hooks' requests: {"command":"hook_write","operation","above"},
/// {"command":"hook_digest", ids, "bytes"} and {"command":"hook_cue", ids, "since","above"}.
/// Nothing when `request` is another command. `above` are the processes that began the hook,
/// nearest first: the session of the client among them is told nothing of what its own hooks write,
/// and hears of all others, also of those with its name.
///
/// A write under a token that may only read is refused, as a tool's is, and stays with the hook.
std::optional<Result<Json>> AnswerHookRequest(const HookDoor& door, const Json& request);

}  // namespace contextsync

// PurgeOnce: a purge for the command line, by the process that has the notebook open, or by this
// one where none has. Source: docs/command_line.md#purge

#pragma once

#include <filesystem>
#include <optional>

#include "core/base/result.h"
#include "core/document/json.h"
#include "core/notebook/notebook.h"

namespace contextsync {

struct PurgeOnceOptions {
  std::filesystem::path data_dir;
  WorkspaceId workspace;
  bool has_hub = false;
  bool is_plan = true;  // only say what it would touch
  PurgeRequest request;
};

/// What the notebook holds there, before a purge or instead of one.
/// Errors: kNotFound without a notebook or a context; those of opening it.
Result<PurgePlan> PurgeOnce(const PurgeOnceOptions& options);

/// Has what was purged leave the notebook's files; a server that has it open does so by itself
/// soon. Errors: as above.
Status ScrubOnce(const PurgeOnceOptions& options);

/// The owner's side; nothing when `request` is another command.
std::optional<Result<Json>> AnswerPurgeRequest(Notebook& notebook, const Json& request);

}  // namespace contextsync

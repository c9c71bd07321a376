// Setup: connects a client with this program, and parts them again. Changes nothing but what is
// ours in the client's files, keeps a copy of each file from before, and does nothing the second
// time. Source: docs/clients.md

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "server/clients/client_places.h"

namespace contextsync {

struct SetupOptions {
  std::string client;
  bool is_project = false;  // the files of the repository instead of the user's
  bool with_hooks = false;
  bool with_statusline = false;
  bool with_instructions = false;
  bool is_removal = false;
  bool is_dry_run = false;
};

struct FileChange {
  std::filesystem::path file;
  std::string change;            // "created", "updated", "unchanged", "removed", "restored"
  std::filesystem::path backup;  // empty: none was written
  std::string before;            // of the text
  std::string after;
};

/// Does what `options` ask, or, on a dry run, says what it would do. Either all files can be read
/// and are changed, or none is touched.
///
/// Errors: kInvalidArgument for a client or combination that does not exist, and kCorruption for a
///         file whose form is not understood; the message says what to do. kUnavailable for the
///         disk; kNotFound without a home directory.
Result<std::vector<FileChange>> RunSetupPlan(const SetupOptions& options,
                                             const SetupPlaces& places);

/// What the files would hold if there were nothing else in them.
Result<std::vector<FileChange>> PrintedSetup(const SetupOptions& options,
                                             const SetupPlaces& places);

/// Beside a file of a client's: what it was before.
std::filesystem::path BackupOf(const std::filesystem::path& file);

}  // namespace contextsync

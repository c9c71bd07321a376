// Backup and restore of a notebook or a hub. A backup is a directory with the files of a store and
// a manifest; it is complete or not there. Source: docs/storage_format.md#backup,
// docs/operations.md#backup

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "server/upkeep/backup_manifest.h"

namespace contextsync {

struct BackupDone {
  std::string path;
  BackupManifest manifest;
  std::vector<std::string> problems;  // of the store; what there is was saved all the same
};

/// Writes a backup to `target`, which must be missing or empty. Works while a process has the
/// store open. Durable when it returns; a crash leaves nothing at `target`.
///
/// Errors: kAlreadyExists; kNotFound when there is no store; those of StoreCopy; kCorruption when
/// the store cannot be read.
Result<BackupDone> BackUpNotebook(const std::filesystem::path& data_dir,
                                  const WorkspaceId& workspace, const std::string& target);
Result<BackupDone> BackUpHub(const std::string& data_dir, const std::string& target);

struct RestoreOptions {
  bool replace = false;    // put it in place of what is there
  bool allow_old = false;  // of a hub: older than what notebooks forget deletions after
};

struct RestoreDone {
  std::string path;
  std::vector<WorkspaceFacts> workspaces;
  std::string previous;  // where what was there before is now; empty: nothing was
};

/// Puts the backup in `source` in place. The notebook takes a new device id, because the old one's
/// numbers may have been used after the backup. Durable when it returns; a crash leaves the old
/// one.
///
/// Errors: kInvalidArgument for a damaged backup, a newer format, another workspace or kind;
/// kAlreadyExists without `replace`; kConflict while a process has it open.
Result<RestoreDone> RestoreNotebook(const std::string& source,
                                    const std::filesystem::path& data_dir,
                                    const WorkspaceId& workspace, const RestoreOptions& options);

/// As above. Every workspace begins a new life, so that notebooks bring back what they know and the
/// backup lacks. Errors: also kInvalidArgument for a backup that is too old.
Result<RestoreDone> RestoreHub(const std::string& source, const std::string& data_dir,
                               const RestoreOptions& options);

}  // namespace contextsync

// BackupManifest: what a backup holds, with the sum of every file, so that a damaged one is refused
// before anything is touched. Source: docs/storage_format.md#backup

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/timestamp.h"
#include "server/upkeep/store_check.h"
#include "storage/rocks/durable_files.h"

namespace contextsync {

enum class BackupKind { kNotebook, kHub };

struct BackupManifest {
  static constexpr std::uint64_t kFormat = 1;
  static constexpr std::string_view kFileName = "manifest.json";
  static constexpr std::string_view kStoreName = "store";  // the directory of the files

  BackupKind kind = BackupKind::kNotebook;
  UnixMillis created_at = 0;
  std::string program;                     // version that wrote it
  std::vector<WorkspaceFacts> workspaces;  // of a notebook: one
  std::vector<FileSum> files;
};

/// "notebook", "hub".
std::string_view ToString(BackupKind kind);

/// One JSON object and a line end; its last member is the SHA-256 of all others.
std::string EncodeManifest(const BackupManifest& manifest);

/// Errors: kInvalidArgument for damage, and for a format this version does not know.
Result<BackupManifest> DecodeManifest(std::string_view text);

/// Reads the manifest of the backup in `directory` and compares every file with it.
/// Errors: kNotFound when there is none; kInvalidArgument for a damaged one.
Result<BackupManifest> ReadBackup(const std::string& directory);

}  // namespace contextsync

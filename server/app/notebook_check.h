// CheckNotebook: reads a whole notebook that no process has open and says what it holds.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/notebook/notebook.h"

namespace contextsync {

struct NotebookCheck {
  std::filesystem::path path;
  NotebookFingerprint fingerprint;
  std::uint64_t bytes = 0;
  std::vector<std::string> problems;  // empty: all is well
};

/// Errors: kConflict while a process has it open; kNotFound when there is none; as opening it
/// otherwise.
Result<NotebookCheck> CheckNotebook(const std::filesystem::path& data_dir,
                                    const WorkspaceId& workspace);

}  // namespace contextsync

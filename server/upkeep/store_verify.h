// Verifying a notebook or a hub where it lies, whether a process has it open or not. Source:
// docs/operations.md#verify

#pragma once

#include <filesystem>
#include <string>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "server/upkeep/store_check.h"

namespace contextsync {

/// Of a notebook that a process has open, a copy as of now is read; of any other one, itself, so
/// that a lost tail is noticed as at every opening.
///
/// Errors: kNotFound when there is none; kConflict when a process has it open that cannot be asked;
/// as opening it otherwise.
Result<StoreCheck> VerifyNotebook(const std::filesystem::path& data_dir,
                                  const WorkspaceId& workspace);

/// Reads a copy as of now. Errors: as above.
Result<StoreCheck> VerifyHub(const std::string& data_dir);

}  // namespace contextsync

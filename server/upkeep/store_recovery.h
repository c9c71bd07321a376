// What `contextsync doctor --recover` does: makes a store that refuses to open usable again and
// says what is missing. Source: docs/storage_format.md#recovery

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/notebook/salvage.h"
#include "server/upkeep/store_check.h"

namespace contextsync {

struct RecoveryDone {
  std::string path;
  bool was_damaged = false;               // else nothing was to be done
  bool was_rebuilt = false;               // even the list of tables was lost
  std::optional<SalvageReport> salvaged;  // of a notebook whose rows did not fit together
  std::string quarantine;                 // where the files are as they were before
  std::vector<std::string> copied;        // their names
  StoreCheck check;                       // what is there now
};

/// The notebook takes a new device id, keeps what stands before the damage, and pulls what the hub
/// had at its next synchronisation; `check.recovery` says which own entries are missing.
///
/// Errors: kNotFound when there is none; kConflict while a process has it open; kCorruption when
/// nothing helps but a backup.
Result<RecoveryDone> RecoverNotebook(const std::filesystem::path& data_dir,
                                     const WorkspaceId& workspace);

/// Every workspace begins a new life, so that notebooks bring back what is missing. Errors: as
/// above.
Result<RecoveryDone> RecoverHub(const std::string& data_dir);

}  // namespace contextsync

// `contextsync backup`, `restore` and the same of a hub: `hub backup`, `hub restore`.

#pragma once

#include <string>

#include "server/config/settings.h"

namespace contextsync {

struct BackupArguments {
  std::string directory;
  bool replace = false;    // restore: put it in place of what is there
  bool allow_old = false;  // hub restore
  bool json = false;
};

// All return an exit code of docs/operations.md#exit-codes.
int RunBackup(const Settings& settings, const BackupArguments& arguments);
int RunHubBackup(const HubSettings& settings, const BackupArguments& arguments);
int RunRestore(const Settings& settings, const BackupArguments& arguments);
int RunHubRestore(const HubSettings& settings, const BackupArguments& arguments);

}  // namespace contextsync

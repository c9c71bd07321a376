// What every command of the command line begins with: its settings, from what was typed, the
// environment and the file.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "server/config/field_table.h"
#include "server/config/settings.h"

namespace CLI {  // NOLINT(readability-identifier-naming): as the library has it
class App;
}

namespace contextsync {

/// What was typed, by setting.
struct Typed {
  SettingsSources sources;
  bool json = false;
};

/// Lets `command` take every setting of `role` as a flag, and puts what is given into `typed`.
///
/// Lifetime: `typed` must outlive the command.
void AddSettings(CLI::App& command, ProgramRole role, Typed& typed);

/// Prints why a command cannot begin and returns its exit code.
int Complain(const Error& error);

void Warn(const std::vector<std::string>& warnings);

/// Runs a command on the notebook that the settings name, or complains of the settings.
int OnNotebook(const Typed& typed, const std::function<int(const Settings&)>& run);

/// The same on the directory of a hub.
int OnHub(const Typed& typed, const std::function<int(const HubSettings&)>& run);

}  // namespace contextsync

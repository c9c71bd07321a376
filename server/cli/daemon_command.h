// DaemonCommand: a process that has the notebook open without a client of its own.

#pragma once

#include "server/app/shared_notebook.h"
#include "server/config/settings.h"

namespace contextsync {

struct DaemonArguments {
  bool until_drained = false;  // ends once nothing is pending, or for whoever wants the notebook
};

/// Until a signal. Returns the exit code.
int RunDaemon(const Settings& settings, const DaemonArguments& arguments);

/// Starts `daemon --until-drained` if this process had the notebook, nobody relays to it, and
/// writes are pending. Call it before the notebook is closed.
void LeaveDrainBehind(SharedNotebook& notebook, const Settings& settings);

}  // namespace contextsync

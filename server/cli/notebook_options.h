// NotebookOptions: the settings of a process with a notebook, as its parts want them.

#pragma once

#include <filesystem>

#include "server/app/hub_connection.h"
#include "server/app/shared_notebook.h"
#include "server/config/settings.h"

namespace contextsync {

/// How the hub that `settings` name is reached; it names none where the notebook is local only.
HubConnectionOptions HubConnectionFrom(const Settings& settings);

/// `project_directory` is where git is asked for project and branch.
SharedNotebookOptions NotebookOptionsFrom(const Settings& settings,
                                          const std::filesystem::path& project_directory);

}  // namespace contextsync

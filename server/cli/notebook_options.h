// NotebookOptions: the settings of a process with a notebook, as its parts want them.

#pragma once

#include <filesystem>

#include "server/app/shared_notebook.h"
#include "server/config/settings.h"

namespace contextsync {

/// `project_directory` is where git is asked for project and branch.
SharedNotebookOptions NotebookOptionsFrom(const Settings& settings,
                                          const std::filesystem::path& project_directory);

}  // namespace contextsync

// `contextsync status`: how the notebook stands, once, for a status bar, or until stopped. Source:
// docs/command_line.md#status

#pragma once

#include <filesystem>

#include "server/config/settings.h"

namespace contextsync {

struct StatusArguments {
  bool watch = false;
  bool statusline = false;
  bool json = false;
};

/// Returns an exit code: 0 green or without a hub, 1 yellow, 2 red, 69 no notebook. A status line
/// and a watch that was stopped: 0.
int RunStatus(const Settings& settings, const std::filesystem::path& project_directory,
              const StatusArguments& arguments);

}  // namespace contextsync

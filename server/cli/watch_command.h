// `contextsync watch`: what other agents change, as it happens, one change a line. Source:
// docs/command_line.md#watch

#pragma once

#include <filesystem>
#include <string>

#include "server/config/settings.h"

namespace contextsync {

struct WatchArguments {
  std::string level;  // empty: all
  std::string id;     // empty: all of the level
  std::string since;  // empty: from now on
  bool json = false;
};

/// Until SIGINT, SIGTERM or SIGHUP, or until nobody reads what it prints. Returns an exit code.
int RunWatch(const Settings& settings, const std::filesystem::path& project_directory,
             const WatchArguments& arguments);

}  // namespace contextsync

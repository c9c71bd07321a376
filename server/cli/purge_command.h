// `contextsync purge`: takes a value that should never have been stored out of the notebook, its
// history and the hub, and so out of every notebook. Source: docs/command_line.md#purge

#pragma once

#include <string>

#include "server/config/settings.h"

namespace contextsync {

struct PurgeArguments {
  std::string level;
  std::string id;
  std::string path;
  std::string reason;
  int timeout_seconds = 30;
  bool is_sure = false;
  bool json = false;
};

/// Returns an exit code of docs/operations.md#exit-codes.
int RunPurge(const Settings& settings, const PurgeArguments& arguments);

}  // namespace contextsync

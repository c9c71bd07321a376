// `contextsync setup`: connects a client with this program. Source: docs/clients.md

#pragma once

#include <filesystem>

#include "server/clients/setup.h"
#include "server/config/environment.h"

namespace contextsync {

struct SetupArguments {
  SetupOptions options;
  bool is_user = false;  // the default; beside --project it is a contradiction
  bool is_print = false;
  bool json = false;
};

/// Where this process finds clients' files, a project and itself.
SetupPlaces PlacesHere(const Environment& environment,
                       const std::filesystem::path& working_directory);

/// Returns an exit code of docs/operations.md#exit-codes.
int RunSetup(const SetupArguments& arguments, const Environment& environment,
             const std::filesystem::path& working_directory);

}  // namespace contextsync

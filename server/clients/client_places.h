// Where a client keeps its files.

#pragma once

#include <filesystem>

#include "core/base/result.h"
#include "server/clients/client_table.h"
#include "server/config/environment.h"

namespace contextsync {

/// The name a client knows us by.
inline constexpr const char* kServerName = "contextsync";

/// Where things are on this machine.
struct SetupPlaces {
  Environment environment;
  std::filesystem::path project;  // top of the repository, or the working directory
  std::filesystem::path program;  // this program, absolute
};

/// The user's own file, where the environment says that the client keeps it.
///
/// Errors: kNotFound without a home directory.
Result<std::filesystem::path> UserPathOf(const UserFile& file, const Environment& environment);

}  // namespace contextsync

// `contextsync serve`: the MCP server on standard input and output.

#pragma once

#include <filesystem>

#include "server/config/settings.h"

namespace contextsync {

int RunServe(const Settings& settings, const std::filesystem::path& project_directory);

}  // namespace contextsync

// Environment and home directories: what the process finds around itself.

#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace contextsync {

/// Looks up one environment variable; nothing when it is unset.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The environment of this process. Precondition of calling it: no thread changes the environment.
Environment ProcessEnvironment();

/// The variable's value, nothing when it is unset or empty: MCP clients hand over empty strings for
/// what their user left out.
std::optional<std::string> ReadVariable(const Environment& environment, const std::string& name);

/// $HOME, else the home directory of the user database.
///
/// Errors: kNotFound when neither names an absolute path.
Result<std::filesystem::path> HomeDirectory(const Environment& environment);

/// $XDG_DATA_HOME/contextsync, else ~/.local/share/contextsync. A relative $XDG_DATA_HOME is
/// ignored, as the XDG base directory specification asks.
Result<std::filesystem::path> DefaultDataDirectory(const Environment& environment);

/// Where the client works: $CLAUDE_PROJECT_DIR, which a client that starts its servers elsewhere
/// sets, if it names a directory by an absolute path; else `working_directory`.
std::filesystem::path ProjectDirectory(const Environment& environment,
                                       const std::filesystem::path& working_directory);

/// $XDG_CONFIG_HOME/contextsync/config.toml, else ~/.config/contextsync/config.toml.
Result<std::filesystem::path> UserConfigFile(const Environment& environment);

}  // namespace contextsync

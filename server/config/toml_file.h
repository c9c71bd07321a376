// Settings files: config.toml of the user and `.contextsync.toml` of a repository.

#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "server/config/settings.h"

namespace contextsync {

using FileValues = std::map<std::string, Setting, std::less<>>;  // by Field::key

/// The values of the user's config.toml; empty when there is no such file.
///
/// Errors: kInvalidArgument for what is not TOML, for a key that is no setting and for a value of
/// the wrong type,
///         with the line; kUnavailable when the file cannot be read.
Result<FileValues> ReadUserConfig(const std::filesystem::path& file);

/// What a repository may say. Its author need not be its user, so a file of a repository never
/// stops the program and never names a hub, a token or a directory.
struct RepositoryConfig {
  std::optional<Setting> workspace;
  std::vector<std::string> warnings;
};

/// Reads `.contextsync.toml` at the top of the repository around `directory`.
RepositoryConfig ReadRepositoryConfig(const std::filesystem::path& directory);

}  // namespace contextsync

// GitChanges: which files of a repository are changed, from `git status`.

#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

#include "server/hooks/hook_session.h"

namespace contextsync {

/// Nothing when git is missing, fails or takes longer than `patience`. Runs git with nothing that a
/// repository's configuration could name.
std::optional<RepositoryState> ReadGitChanges(const std::filesystem::path& root,
                                              std::chrono::milliseconds patience);

/// The paths in what `git status --porcelain -z` prints.
std::vector<std::string> PathsOfPorcelain(std::string_view output);

}  // namespace contextsync

// GitRepository: where a working directory's git files are. They are read directly; no git process
// is started, because a server must not run what a repository's configuration names.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace contextsync {

struct GitRepository {
  std::filesystem::path root;        // the working tree's top directory
  std::filesystem::path git_dir;     // holds HEAD; one per worktree
  std::filesystem::path common_dir;  // holds config; shared by all worktrees
};

/// The repository `directory` lies in; nothing outside of one. Damaged or odd files mean "nothing".
std::optional<GitRepository> FindGitRepository(const std::filesystem::path& directory);

/// The name behind `refs/heads/` in HEAD; nothing when detached or unreadable.
std::optional<std::string> CurrentBranch(const GitRepository& repository);

/// First `url` of the remote `origin`, else of the first remote in `config_text`, the text of a git
/// config file. Includes and `insteadOf` are not followed.
std::optional<std::string> FindRemoteUrl(std::string_view config_text);

}  // namespace contextsync

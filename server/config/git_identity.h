// GitIdentity: the project and branch a call means when it names none, taken from the git files
// around the working directory. All worktrees and clones of one repository give the same project.

#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "server/config/git_repository.h"

namespace contextsync {

struct GitIdentity {
  std::string project = "default";
  std::string branch = "default";

  friend bool operator==(const GitIdentity&, const GitIdentity&) = default;
};

/// The identity of `directory`. Never fails: what cannot be read or would be no valid context id is
/// `default`, or for a project `repository-` and 8 hex digits.
GitIdentity ReadGitIdentity(const std::filesystem::path& directory);

/// The branch of a repository as it is now; `default` for a detached HEAD or a name that is no
/// valid context id.
std::string BranchOf(const GitRepository& repository);

/// A remote's address without scheme, user, default port, query and `.git`: `github.com/acme/app`.
/// Empty for a relative path, which means another place in every clone.
std::string NormaliseRemote(std::string_view url);

}  // namespace contextsync

// BranchWatch: the branch a call means when it names none, as it is at the moment of the call: an
// agent that switches to another branch goes on there without a restart.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/base/mutex.h"
#include "server/config/git_repository.h"

namespace contextsync {

/// Thread-safety: any thread.
class BranchWatch {
 public:
  /// Of the repository `directory` lies in now. Without one it is `default` for ever, as the
  /// project is.
  explicit BranchWatch(const std::filesystem::path& directory);

  /// Costs one stat while nothing changes. A HEAD that is gone leaves the branch as it was.
  std::string Now();

 private:
  /// What is different of a HEAD that was written again: git makes a new file each time.
  struct Version {
    dev_t device = 0;
    ino_t file = 0;
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;

    friend bool operator==(const Version&, const Version&) = default;
  };

  [[nodiscard]] std::optional<Version> VersionNow() const;

  const std::optional<GitRepository> repository_;
  Mutex mu_;
  std::optional<Version> version_ GUARDED_BY(mu_);  // of what branch_ was read from
  std::string branch_ GUARDED_BY(mu_) = "default";
};

}  // namespace contextsync

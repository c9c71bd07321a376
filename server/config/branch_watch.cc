#include "server/config/branch_watch.h"

#include <sys/stat.h>

#include "server/config/git_identity.h"

namespace contextsync {

BranchWatch::BranchWatch(const std::filesystem::path& directory)
    : repository_(FindGitRepository(directory)) {}

std::string BranchWatch::Now() {
  const MutexLock lock(mu_);
  // Before the file is read: what is written meanwhile is then read the next time.
  const auto version = VersionNow();
  if (version && version != version_) {
    branch_ = BranchOf(*repository_);
    version_ = version;
  }
  return branch_;
}

std::optional<BranchWatch::Version> BranchWatch::VersionNow() const {
  struct stat head = {};
  if (!repository_ || stat((repository_->git_dir / "HEAD").c_str(), &head) != 0)
    return std::nullopt;
  return Version{head.st_dev, head.st_ino, head.st_mtim.tv_sec, head.st_mtim.tv_nsec};
}

}  // namespace contextsync

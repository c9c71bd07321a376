// TempDir: a directory of the test's own, gone with the test and all that was put beside it.

#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "core/base/check.h"

namespace contextsync {

class TempDir {
 public:
  TempDir() : TempDir(std::filesystem::temp_directory_path()) {}

  explicit TempDir(const std::filesystem::path& parent) {
    root_ = (parent / "contextsync-XXXXXX").string();
    CONTEXTSYNC_CHECK(::mkdtemp(root_.data()) != nullptr);
    path_ = root_ + "/dir";
    std::filesystem::create_directory(path_);
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all);
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  /// Where fsync costs nothing, for tests that open hundreds of stores; any other place where there
  /// is none.
  static std::filesystem::path Fast() {
    return ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : std::filesystem::temp_directory_path();
  }

  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string root_;  // with what a store keeps beside its directory
  std::string path_;
};

}  // namespace contextsync

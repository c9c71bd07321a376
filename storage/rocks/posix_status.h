// The one place in storage where an errno becomes an Error, and the descriptor that closes itself.

#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "core/base/result.h"

namespace contextsync {

/// `what` was attempted on `path`; `error_number` as errno says it. kStorageFull for a full disk or
/// quota, else kUnavailable.
Error ErrorFromErrno(int error_number, std::string_view what, const std::string& path);

/// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { Reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      Reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  void Reset();

 private:
  int fd_ = -1;
};

/// Opens `path`, creating it with mode 0600. Never follows a symlink there, never leaks into
/// children.
///
/// Errors: also kInvalidArgument when it is not a regular file of ours.
Result<Descriptor> OpenOwnFile(const std::string& path);

/// Makes the names in `directory` durable.
Status SyncDirectory(const std::string& directory);

/// The directory that holds `path`.
std::string ParentOf(const std::string& path);

}  // namespace contextsync

#include "storage/rocks/posix_status.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace contextsync {

Error ErrorFromErrno(int error_number, std::string_view what, const std::string& path) {
  const bool is_full = error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
  std::string message(what);
  message.append(" ").append(path).append(": ");
  message += std::generic_category().message(error_number);
  return {is_full ? ErrorCode::kStorageFull : ErrorCode::kUnavailable, std::move(message)};
}

void Descriptor::Reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<Descriptor> OpenOwnFile(const std::string& path) {
  constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kOwnerOnly));
  if (!file.is_open()) return ErrorFromErrno(errno, "opening", path);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return ErrorFromErrno(errno, "examining", path);
  if (!S_ISREG(info.st_mode) || info.st_uid != ::geteuid()) {
    return Error(ErrorCode::kInvalidArgument, path + " is not a regular file of this user");
  }
  return file;
}

Status SyncDirectory(const std::string& directory) {
  const Descriptor handle(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle.is_open()) return ErrorFromErrno(errno, "opening", directory);
  if (::fsync(handle.get()) != 0) return ErrorFromErrno(errno, "syncing", directory);
  return {};
}

std::string ParentOf(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace contextsync

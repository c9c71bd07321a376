#include "server/clients/careful_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "core/base/limits.h"
#include "server/config/small_file.h"

namespace contextsync {

namespace {

using std::filesystem::path;

constexpr std::size_t kMostBytes = 16 * limits::kMiB;  // clients keep their history in there, too
constexpr mode_t kPrivateMode = 0600;
constexpr mode_t kSharedMode = 0644;

Error FileError(const path& file, int error) {
  return {ErrorCode::kUnavailable, file.string() + ": " + std::generic_category().message(error)};
}

/// Writes, syncs and closes. Returns an errno, 0 when all went well.
int WriteAll(int fd, const std::string& text, mode_t mode) {
  std::size_t done = 0;
  int error = fchmod(fd, mode) == 0 ? 0 : errno;
  while (error == 0 && done < text.size()) {
    const ssize_t count = write(fd, text.data() + done, text.size() - done);
    if (count >= 0) {
      done += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  if (error == 0 && fsync(fd) != 0) error = errno;
  if (close(fd) != 0 && error == 0) error = errno;
  return error;
}

/// Best effort: the file itself is whole whether or not its new name survives a power cut.
void SyncDirectoryOf(const path& file) {
  const int fd = open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  static_cast<void>(fsync(fd));
  static_cast<void>(close(fd));
}

mode_t ModeOf(const path& file, bool is_private) {
  struct stat info {};
  if (stat(file.c_str(), &info) == 0) return info.st_mode & 07777U;
  return is_private ? kPrivateMode : kSharedMode;
}

}  // namespace

path FollowLinks(const path& file) {
  std::error_code error;
  path real = std::filesystem::weakly_canonical(file, error);
  return error ? file : real;
}

Result<std::optional<std::string>> ReadWhole(const path& file) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto found, ReadSmallFile(file, kMostBytes));
  if (!found) return std::optional<std::string>();
  return std::optional(std::move(found->text));
}

Status ReplaceFile(const path& file, const std::string& text, bool is_private) {
  std::error_code code;
  std::filesystem::create_directories(file.parent_path(), code);
  if (code) return FileError(file.parent_path(), code.value());
  std::string temporary = file.string() + ".XXXXXX";
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return FileError(file, errno);
  int error = WriteAll(fd, text, ModeOf(file, is_private));
  if (error == 0 && rename(temporary.c_str(), file.c_str()) != 0) error = errno;
  if (error == 0) {
    SyncDirectoryOf(file);
    return {};
  }
  static_cast<void>(unlink(temporary.c_str()));
  return FileError(file, error);
}

Status RemoveFile(const path& file) {
  if (unlink(file.c_str()) == 0 || errno == ENOENT) return {};
  return FileError(file, errno);
}

}  // namespace contextsync

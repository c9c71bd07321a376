#include "server/transfer/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace contextsync {

namespace {

using std::filesystem::path;

constexpr std::size_t kBufferBytes = 64UL * 1024;

/// The directory of `file`, by a name that can be opened.
path DirectoryOf(const path& file) {
  return file.has_parent_path() ? file.parent_path() : path(".");
}

/// Best effort: the file itself is whole whether or not its new name survives a power cut.
void SyncDirectory(const path& directory) {
  const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  static_cast<void>(fsync(fd));
  static_cast<void>(close(fd));
}

bool IsStream(const path& file) {
  struct stat info {};
  return stat(file.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

Error CannotCreate(const path& file, int error) {
  return {ErrorCode::kInvalidArgument,
          file.string() + ": " + std::generic_category().message(error)};
}

}  // namespace

Result<std::unique_ptr<OutputFile>> OutputFile::Create(const path& file, Links links) {
  const bool follows = links == Links::kFollow;
  if (follows && (file == "-" || IsStream(file))) {
    const int fd = file == "-" ? dup(STDOUT_FILENO) : open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return CannotCreate(file, errno);
    return std::unique_ptr<OutputFile>(new OutputFile(fd, file, ""));
  }
  std::error_code code;
  path real = follows ? std::filesystem::weakly_canonical(file, code) : file;
  if (code) real = file;
  if (std::filesystem::is_directory(std::filesystem::symlink_status(real, code)))
    return CannotCreate(file, EISDIR);
  std::string temporary = (DirectoryOf(real) / ".contextsync-XXXXXX").string();  // for mkostemp
  // Without a name nothing is left behind, however the process ends. Not all file systems can.
  int fd = open(DirectoryOf(real).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR);
  const bool is_named = fd < 0;
  if (is_named) fd = mkostemp(temporary.data(), O_CLOEXEC);  // 0600
  if (fd < 0) return CannotCreate(file, errno);
  std::unique_ptr<OutputFile> output(new OutputFile(fd, std::move(real), std::move(temporary)));
  output->is_named_ = is_named;
  return output;
}

OutputFile::~OutputFile() {
  if (fd_ >= 0) static_cast<void>(close(fd_));
  if (is_named_) static_cast<void>(unlink(temporary_.c_str()));
}

Error OutputFile::Failure(int error) const {
  const bool is_full = error == ENOSPC || error == EDQUOT;
  return {is_full ? ErrorCode::kStorageFull : ErrorCode::kUnavailable,
          file_.string() + ": " + std::generic_category().message(error)};
}

Status OutputFile::Write(std::string_view text) {
  buffer_.append(text);
  return buffer_.size() < kBufferBytes ? Status() : Flush();
}

Status OutputFile::Flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t count = write(fd_, rest.data(), rest.size());
    if (count >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      return Failure(errno);
    }
  }
  buffer_.clear();
  return {};
}

Status OutputFile::Name() {
  const std::string open_file = "/proc/self/fd/" + std::to_string(fd_);
  // The pattern becomes a name that is free, and that name is taken at once.
  const int taken = mkostemp(temporary_.data(), O_CLOEXEC);
  if (taken < 0) return Failure(errno);
  static_cast<void>(close(taken));
  is_named_ = true;
  if (unlink(temporary_.c_str()) != 0) return Failure(errno);
  if (linkat(AT_FDCWD, open_file.c_str(), AT_FDCWD, temporary_.c_str(), AT_SYMLINK_FOLLOW) == 0)
    return {};
  const int error = errno;
  is_named_ = false;
  return Failure(error);
}

Status OutputFile::Commit() {
  CONTEXTSYNC_RETURN_IF_ERROR(Flush());
  const bool is_stream = temporary_.empty();
  if (!is_stream && fsync(fd_) != 0) return Failure(errno);
  if (!is_stream && !is_named_) CONTEXTSYNC_RETURN_IF_ERROR(Name());
  if (close(std::exchange(fd_, -1)) != 0) return Failure(errno);
  if (is_stream) return {};
  if (rename(temporary_.c_str(), file_.c_str()) != 0) return Failure(errno);
  is_named_ = false;
  SyncDirectory(DirectoryOf(file_));
  return {};
}

}  // namespace contextsync

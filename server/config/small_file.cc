#include "server/config/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace contextsync {

namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

Error SystemError(const std::filesystem::path& file, int error) {
  return {ErrorCode::kUnavailable, file.string() + ": " + std::generic_category().message(error)};
}

/// Appends at most `max_bytes` to `text`; returns an errno, 0 when the end or the bound was
/// reached.
int ReadUpTo(int fd, std::size_t max_bytes, std::string& text) {
  constexpr std::size_t kStep = 16'384;
  while (text.size() < max_bytes) {
    const std::size_t before = text.size();
    text.resize(std::min(before + kStep, max_bytes));
    const ssize_t count = read(fd, text.data() + before, text.size() - before);
    text.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 && errno != EINTR) return errno;
    if (count == 0) break;
  }
  return 0;
}

}  // namespace

Result<std::optional<SmallFile>> ReadSmallFile(const std::filesystem::path& file,
                                               std::size_t max_bytes) {
  // O_NONBLOCK: opening a pipe nobody writes to must not hang the start.
  const Descriptor fd(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (fd.get() < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::optional<SmallFile>();
  if (fd.get() < 0) return SystemError(file, errno);

  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return SystemError(file, errno);
  if (!S_ISREG(info.st_mode))
    return Error(ErrorCode::kInvalidArgument, file.string() + ": not a regular file");

  SmallFile result{.text = {}, .mode = info.st_mode & 07777U, .owner = info.st_uid};
  if (const int error = ReadUpTo(fd.get(), max_bytes + 1, result.text); error != 0)
    return SystemError(file, error);
  if (result.text.size() > max_bytes) {
    return Error(ErrorCode::kInvalidArgument,
                 file.string() + ": longer than " + std::to_string(max_bytes) + " bytes");
  }
  return std::optional(std::move(result));
}

}  // namespace contextsync

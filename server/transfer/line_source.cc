#include "server/transfer/line_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace contextsync {

namespace {

constexpr std::size_t kChunkBytes = 64UL * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Error SourceError(ErrorCode code, const std::string& name, int error) {
  return {code, name + ": " + std::generic_category().message(error)};
}

}  // namespace

Result<std::unique_ptr<LineSource>> LineSource::Open(const std::filesystem::path& file,
                                                     std::size_t most_bytes) {
  const bool is_input = file == "-";
  const int fd = is_input ? dup(STDIN_FILENO) : open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return SourceError(ErrorCode::kInvalidArgument, file.string(), errno);
  struct stat info {};
  const bool is_known = fstat(fd, &info) == 0;
  const bool is_file = is_known && S_ISREG(info.st_mode);
  const std::uint64_t size = is_file ? static_cast<std::uint64_t>(info.st_size) : 0;
  std::unique_ptr<LineSource> source(new LineSource(fd, size, most_bytes));
  if (is_known && S_ISDIR(info.st_mode))
    return SourceError(ErrorCode::kInvalidArgument, file.string(), EISDIR);
  return source;
}

LineSource::~LineSource() {
  static_cast<void>(close(fd_));
}

Result<std::optional<LineSource::Line>> LineSource::Next() {
  Line line{++number_, {}, false};
  bool has_any = false;
  while (true) {
    if (at_ == chunk_.size()) CONTEXTSYNC_RETURN_IF_ERROR(Fill());
    if (has_ended_) break;
    has_any = true;
    const std::size_t end = std::min(chunk_.find('\n', at_), chunk_.size());
    line.is_too_long = line.is_too_long || line.text.size() + (end - at_) > most_bytes_;
    if (line.is_too_long) {
      line.text.clear();
    } else {
      line.text.append(chunk_, at_, end - at_);
    }
    at_ = std::min(end + 1, chunk_.size());
    if (end < chunk_.size()) break;
  }
  if (!has_any) return std::optional<Line>();
  if (line.text.ends_with('\r')) line.text.pop_back();
  if (number_ == 1 && line.text.starts_with(kByteOrderMark))
    line.text.erase(0, kByteOrderMark.size());
  return std::optional(std::move(line));
}

Status LineSource::Fill() {
  chunk_.resize(kChunkBytes);
  at_ = 0;
  ssize_t count = -1;
  do {
    count = read(fd_, chunk_.data(), chunk_.size());
  } while (count < 0 && errno == EINTR);
  const int error = errno;
  chunk_.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  if (count < 0) return SourceError(ErrorCode::kUnavailable, "what is imported", error);
  bytes_read_ += chunk_.size();
  has_ended_ = count == 0;
  return {};
}

}  // namespace contextsync

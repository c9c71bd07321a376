#include "server/mcp/output_stream.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include "server/mcp/tuning.h"

namespace contextsync::mcp {

OutputStream::OutputStream(UniqueFd fd) : fd_(std::move(fd)) {
  struct stat info = {};
  if (::fstat(fd_.get(), &info) != 0) return;
  if (S_ISSOCK(info.st_mode)) kind_ = Kind::kSocket;
  if (S_ISFIFO(info.st_mode)) kind_ = Kind::kPipe;
}

ssize_t OutputStream::WriteOnce(std::string_view bytes) const {
  if (kind_ == Kind::kSocket) {
    return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  pollfd ready = {.fd = fd_.get(), .events = POLLOUT, .revents = 0};
  if (::poll(&ready, 1, 0) < 0) return -1;
  if (ready.revents == 0) {
    errno = EAGAIN;
    return -1;
  }
  const std::size_t most = kind_ == Kind::kPipe ? PIPE_BUF : kReadChunkBytes;
  return ::write(fd_.get(), bytes.data(), std::min(bytes.size(), most));
}

std::optional<std::size_t> OutputStream::Write(std::string_view bytes) {
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t count = WriteOnce(bytes.substr(written));
    if (count >= 0) {
      written += static_cast<std::size_t>(count);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN) break;
    return std::nullopt;
  }
  return written;
}

}  // namespace contextsync::mcp

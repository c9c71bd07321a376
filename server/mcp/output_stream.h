// OutputStream: writes to a descriptor without ever waiting for whoever reads it.
//
// O_NONBLOCK is not an option: the flag belongs to the open file, which a parent process may share.
// Sockets have a flag per call. For pipes, poll() promises room for PIPE_BUF bytes, so no more is
// written at a time.

#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "server/mcp/unique_fd.h"

namespace contextsync::mcp {

/// Thread-safety: one thread at a time.
class OutputStream {
 public:
  explicit OutputStream(UniqueFd fd);

  /// Writes as much of `bytes` as fits now and returns how much; nothing when the reader is gone.
  std::optional<std::size_t> Write(std::string_view bytes);

  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  enum class Kind { kSocket, kPipe, kOther };

  // As write(2): a count, or -1 with errno, EAGAIN when there is no room.
  ssize_t WriteOnce(std::string_view bytes) const;

  UniqueFd fd_;
  Kind kind_ = Kind::kOther;
};

}  // namespace contextsync::mcp

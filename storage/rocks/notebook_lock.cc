#include "storage/rocks/notebook_lock.h"

#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace contextsync {
namespace {

constexpr std::size_t kMostNoteBytes = 4096;

std::string LockPath(const std::string& directory) {
  return directory + ".lock";
}

}  // namespace

Result<NotebookLock> NotebookLock::Acquire(const std::string& directory) {
  std::string path = LockPath(directory);
  Result<Descriptor> opened = OpenOwnFile(path);
  if (!opened.ok()) return std::move(opened).error();
  Descriptor file = std::move(opened).value();
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrorFromErrno(errno, "locking", path);
    return Error(ErrorCode::kConflict, directory + " is in use by another process");
  }
  return NotebookLock(std::move(file), std::move(path));
}

Status NotebookLock::Publish(std::string_view note) {
  if (note.size() > kMostNoteBytes) {
    return Error(ErrorCode::kInvalidArgument, "the note is too long");
  }
  const ssize_t written = ::pwrite(file_.get(), note.data(), note.size(), 0);
  if (written != static_cast<ssize_t>(note.size())) return ErrorFromErrno(errno, "writing", path_);
  if (::ftruncate(file_.get(), static_cast<off_t>(note.size())) != 0) {
    return ErrorFromErrno(errno, "cutting", path_);
  }
  return {};
}

Result<std::string> NotebookLock::ReadNote(const std::string& directory) {
  const std::string path = LockPath(directory);
  Result<Descriptor> file = OpenOwnFile(path);
  if (!file.ok()) return std::move(file).error();
  std::array<char, kMostNoteBytes> note{};
  const ssize_t length = ::pread(file.value().get(), note.data(), note.size(), 0);
  if (length < 0) return ErrorFromErrno(errno, "reading", path);
  return std::string(note.data(), static_cast<std::size_t>(length));
}

}  // namespace contextsync

// NotebookLock: who holds it hosts the notebook; everybody else relays to the holder. A file of our
// own beside the directory: RocksDB's LOCK is dropped when any descriptor on it is closed, so
// nobody may touch that one. Source: docs/storage_format.md#directory

#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "storage/rocks/posix_status.h"

namespace contextsync {

/// Held until destruction or the death of the process, whichever comes first. Not inherited by
/// exec.
class NotebookLock {
 public:
  /// Never waits. The file is `<directory>.lock`; it is never removed, or two processes could hold
  /// two of them.
  ///
  /// Errors: kConflict when another process holds it, also one that is stopped but alive.
  static Result<NotebookLock> Acquire(const std::string& directory);

  /// Replaces the note to those who find the lock taken (how to reach the holder).
  Status Publish(std::string_view note);

  /// The holder's note, or that of the last one; may be cut short while it is being written.
  static Result<std::string> ReadNote(const std::string& directory);

 private:
  explicit NotebookLock(Descriptor file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}

  Descriptor file_;
  std::string path_;
};

}  // namespace contextsync

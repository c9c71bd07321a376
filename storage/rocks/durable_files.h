// Whole files and directories moved about so that a crash leaves the old or the new, never half:
// what backup and restore are made of. Source: docs/storage_format.md#backup

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace contextsync {

struct FileSum {
  std::string name;
  std::uint64_t bytes = 0;
  std::string sha256;  // 64 hex digits

  friend bool operator==(const FileSum&, const FileSum&) = default;
};

/// Sums of the plain files directly in `directory`, by name. RocksDB's LOCK is neither opened nor
/// listed: closing a descriptor on it would drop the lock of this process.
Result<std::vector<FileSum>> SumFiles(const std::string& directory);

/// Copies what SumFiles lists into `to`, which must not exist yet, and returns the sums of what was
/// copied. Bytes of their own, no links: damage to one copy leaves the other alone. Durable when it
/// returns.
Result<std::vector<FileSum>> CopyFiles(const std::string& from, const std::string& to);

/// Writes a new file. Durable when it returns, but for its name (SyncDirectory).
Status WriteNewFile(const std::string& path, std::string_view text);

/// Errors: kNotFound when there is none; kInvalidArgument above `most_bytes`.
Result<std::string> ReadWholeFile(const std::string& path, std::uint64_t most_bytes);

/// True when `directory` is missing or holds nothing.
Result<bool> IsEmptyOrMissing(const std::string& directory);

/// Gives `fresh` the name `target`, in one step. What was at `target` is at `previous` afterwards,
/// whole; an empty directory there just goes. All three in one directory. Durable when it returns.
/// Errors: kUnavailable, nothing changed, also where the file system cannot exchange two names.
Status PutInPlace(const std::string& fresh, const std::string& target, const std::string& previous);

/// Removes `directory` and what is in it, if it is there.
Status RemoveTree(const std::string& directory);

}  // namespace contextsync

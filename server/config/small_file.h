// ReadSmallFile: the only way configuration is read from disk. Never blocks on a pipe, never reads
// without end.

#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace contextsync {

struct SmallFile {
  std::string text;
  mode_t mode = 0;  // permission bits of the file that was read, not of whatever has its name now
  uid_t owner = 0;
};

/// The whole file; nothing when there is none.
///
/// Errors: kInvalidArgument when it is no regular file or longer than `max_bytes`, kUnavailable
/// when it cannot be
///         opened or read. Messages name the file.
Result<std::optional<SmallFile>> ReadSmallFile(const std::filesystem::path& file,
                                               std::size_t max_bytes);

}  // namespace contextsync

// The one place where a RocksDB status becomes an Error.

#pragma once

#include <string_view>

#include "rocksdb/status.h"

#include "core/base/result.h"

namespace contextsync {

/// `what` was attempted. kStorageFull for a full disk, an exhausted quota or file-size limit;
/// kCorruption for damaged bytes; kUnavailable for any other failure of the disk; kInvalidArgument
/// for our own mistakes.
///
/// Precondition: !status.ok().
Error ErrorFrom(const rocksdb::Status& status, std::string_view what);

inline Status StatusFrom(const rocksdb::Status& status, std::string_view what) {
  return status.ok() ? Status() : Status(ErrorFrom(status, what));
}

}  // namespace contextsync

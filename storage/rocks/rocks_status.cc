#include "storage/rocks/rocks_status.h"

#include <array>
#include <string>

namespace contextsync {
namespace {

/// RocksDB tells these two only in words (strerror of EDQUOT and EFBIG in the C locale), no
/// sub-code.
constexpr std::array<std::string_view, 2> kFullInWords = {"Disk quota exceeded", "File too large"};

bool IsFull(const rocksdb::Status& status) {
  if (status.IsNoSpace()) return true;
  if (!status.IsIOError() || status.getState() == nullptr) return false;
  const std::string_view text(status.getState());
  for (const std::string_view words : kFullInWords) {
    if (text.find(words) != std::string_view::npos) return true;
  }
  return false;
}

ErrorCode CodeOf(const rocksdb::Status& status) {
  if (IsFull(status)) return ErrorCode::kStorageFull;
  switch (status.code()) {
    case rocksdb::Status::kCorruption:
      return ErrorCode::kCorruption;
    case rocksdb::Status::kNotFound:
      return ErrorCode::kNotFound;
    case rocksdb::Status::kInvalidArgument:
    case rocksdb::Status::kNotSupported:
      return ErrorCode::kInvalidArgument;
    default:
      return ErrorCode::kUnavailable;
  }
}

}  // namespace

Error ErrorFrom(const rocksdb::Status& status, std::string_view what) {
  return Error(CodeOf(status), status.ToString()).WithContext(what);
}

}  // namespace contextsync

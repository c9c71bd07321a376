// DiskGuard: keeps the store away from the last free bytes, where RocksDB cannot even be reopened,
// and keeps a reserve to give back in need. Source: docs/storage_format.md#full-disk

#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/base/result.h"

namespace contextsync {

struct DiskSpace {
  std::uint64_t free_bytes = 0;  // for us, without what is kept for root
  std::uint64_t total_bytes = 0;
};

/// The space of the file system that holds `path`.
Result<DiskSpace> ProbeDisk(const std::string& path);

using DiskProbe = std::function<Result<DiskSpace>(const std::string& path)>;

/// Thread-safety: Admit from any thread; the reserve from one thread at a time.
class DiskGuard {
 public:
  /// `directory` is the store's; the reserve file lies beside it.
  DiskGuard(std::string directory, DiskProbe probe);

  /// Errors: kStorageFull when `bytes` more would leave less than the margin min(16 MiB, 10 % of
  /// the disk).
  ///         A disk that cannot be asked admits everything: the write itself will tell.
  [[nodiscard]] Status Admit(std::uint64_t bytes) const;

  /// Allocates the reserve, as large as the margin, unless it is there or that much would fill the
  /// disk.
  void TakeReserve();

  /// Gives the reserve back to the file system.
  void ReleaseReserve();

 private:
  const std::string directory_;
  const std::string reserve_path_;
  const DiskProbe probe_;
};

/// The margin on a disk of `total_bytes`.
std::uint64_t DiskMargin(std::uint64_t total_bytes);

}  // namespace contextsync

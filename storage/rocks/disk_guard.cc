#include "storage/rocks/disk_guard.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/base/limits.h"
#include "core/base/log.h"
#include "storage/rocks/posix_status.h"

namespace contextsync {
namespace {

// Reopening a full store flushes its log into a table: that much must be there.
constexpr std::uint64_t kMostMargin = 16 * limits::kMiB;
constexpr std::uint64_t kDiskShare = 10;

/// Gives `file` exactly `bytes` of real blocks.
Status Allocate(const Descriptor& file, std::uint64_t bytes, const std::string& path) {
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return ErrorFromErrno(errno, "examining", path);
  if (static_cast<std::uint64_t>(info.st_size) == bytes) return {};
  const int failure = ::posix_fallocate(file.get(), 0, static_cast<off_t>(bytes));
  if (failure != 0) return ErrorFromErrno(failure, "allocating", path);
  return {};
}

}  // namespace

Result<DiskSpace> ProbeDisk(const std::string& path) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0) return ErrorFromErrno(errno, "measuring", path);
  const auto block = static_cast<std::uint64_t>(info.f_frsize);
  return DiskSpace{info.f_bavail * block, info.f_blocks * block};
}

std::uint64_t DiskMargin(std::uint64_t total_bytes) {
  return std::min(kMostMargin, total_bytes / kDiskShare);
}

DiskGuard::DiskGuard(std::string directory, DiskProbe probe)
    : directory_(std::move(directory)),
      reserve_path_(directory_ + ".reserve"),
      probe_(std::move(probe)) {}

Status DiskGuard::Admit(std::uint64_t bytes) const {
  const Result<DiskSpace> space = probe_(directory_);
  if (!space.ok()) return {};
  const DiskSpace& disk = space.value();
  if (disk.free_bytes >= DiskMargin(disk.total_bytes) + bytes) return {};
  return Error(ErrorCode::kStorageFull,
               "the disk is nearly full: " + std::to_string(disk.free_bytes) + " bytes are free");
}

void DiskGuard::TakeReserve() {
  const Result<DiskSpace> space = probe_(directory_);
  if (!space.ok()) return;
  const std::uint64_t bytes = DiskMargin(space.value().total_bytes);
  struct stat info {};
  const bool exists = ::lstat(reserve_path_.c_str(), &info) == 0;
  // Beside the reserve itself two margins stay free, or taking it would make the disk count as
  // full.
  if (!exists && !Admit(2 * bytes).ok()) return;
  const Result<Descriptor> file = OpenOwnFile(reserve_path_);
  const Status taken =
      file.ok() ? Allocate(file.value(), bytes, reserve_path_) : Status(file.error());
  if (taken.ok()) return;
  CONTEXTSYNC_LOG(kInfo, "no disk reserve", {{"reason", taken.error().message()}});
  ReleaseReserve();
}

void DiskGuard::ReleaseReserve() {
  // A reserve that is not there has nothing to give.
  static_cast<void>(::unlink(reserve_path_.c_str()));
}

}  // namespace contextsync

#include "storage/rocks/notebook_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

#include "storage/rocks/posix_status.h"

namespace contextsync {
namespace {

constexpr mode_t kOwnerOnly = S_IRWXU;
constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;
constexpr mode_t kOthersAny = S_IRWXG | S_IRWXO;

// statfs(2) magic numbers: NFS, SMB, CIFS, SMB2, Coda, AFS, Ceph.
constexpr std::array<std::uint32_t, 7> kNetworkFileSystems = {
    0x6969U, 0x517BU, 0xFF534D42U, 0xFE534D42U, 0x73757245U, 0x5346414FU, 0x00C36400U};

Error Unfit(const std::string& directory, std::string_view why) {
  return {ErrorCode::kInvalidArgument, directory + " " + std::string(why)};
}

/// mkdir -p with private modes.
Status MakeDirectories(const std::string& directory) {
  if (::mkdir(directory.c_str(), kOwnerOnly) == 0) return SyncDirectory(ParentOf(directory));
  if (errno == EEXIST) return {};
  if (errno != ENOENT) return ErrorFromErrno(errno, "creating", directory);
  CONTEXTSYNC_RETURN_IF_ERROR(MakeDirectories(ParentOf(directory)));
  if (::mkdir(directory.c_str(), kOwnerOnly) != 0 && errno != EEXIST) {
    return ErrorFromErrno(errno, "creating", directory);
  }
  return SyncDirectory(ParentOf(directory));
}

Status CheckOwnerAndMode(const Descriptor& handle, const std::string& directory) {
  struct stat info {};
  if (::fstat(handle.get(), &info) != 0) return ErrorFromErrno(errno, "examining", directory);
  if (info.st_uid != ::geteuid()) return Unfit(directory, "belongs to another user");
  if ((info.st_mode & kOthersWrite) != 0) {
    return Unfit(directory,
                 "is writable by other users; run `chmod 700` on it after a look inside");
  }
  if ((info.st_mode & kOthersAny) == 0) return {};
  if (::fchmod(handle.get(), kOwnerOnly) == 0) return {};
  return ErrorFromErrno(errno, "making private", directory);
}

Status CheckLocal(const Descriptor& handle, const std::string& directory) {
  struct statfs info {};
  if (::fstatfs(handle.get(), &info) != 0) return ErrorFromErrno(errno, "examining", directory);
  const auto type = static_cast<std::uint32_t>(info.f_type);
  const bool is_network = std::find(kNetworkFileSystems.begin(), kNetworkFileSystems.end(), type) !=
                          kNetworkFileSystems.end();
  return is_network ? Status(Unfit(directory, "is on a network file system")) : Status();
}

}  // namespace

Status PrepareDirectory(const std::string& directory) {
  CONTEXTSYNC_RETURN_IF_ERROR(MakeDirectories(directory));
  const Descriptor handle(
      ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!handle.is_open()) {
    const bool is_wrong_kind = errno == ELOOP || errno == ENOTDIR;
    return is_wrong_kind ? Unfit(directory, "is not a directory but a link or a file")
                         : ErrorFromErrno(errno, "opening", directory);
  }
  CONTEXTSYNC_RETURN_IF_ERROR(CheckOwnerAndMode(handle, directory));
  return CheckLocal(handle, directory);
}

}  // namespace contextsync

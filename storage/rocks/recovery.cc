#include "storage/rocks/recovery.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <memory>
#include <system_error>

#include "rocksdb/db.h"

#include "storage/rocks/posix_status.h"
#include "storage/rocks/rocks_handle.h"
#include "storage/rocks/rocks_status.h"

namespace contextsync {
namespace {

namespace fs = std::filesystem;

Error FileError(const std::error_code& code, std::string_view what, const fs::path& path) {
  return ErrorFromErrno(code.value(), what, path.string());
}

/// Opening may rewrite or delete these; tables are only ever added or left alone.
bool MayBeChanged(const std::string& name) {
  return name.ends_with(".log") || name.starts_with("MANIFEST-") || name == "CURRENT";
}

Status SyncFile(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return ErrorFromErrno(errno, "opening", path.string());
  if (::fsync(file.get()) != 0) return ErrorFromErrno(errno, "syncing", path.string());
  return {};
}

std::string QuarantinePath(const std::string& directory) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  return directory + "/quarantine/" + std::to_string(millis);
}

Result<std::vector<std::string>> FilesToCopy(const std::string& directory) {
  std::error_code code;
  std::vector<std::string> names;
  for (fs::directory_iterator it(directory, code), end; !code && it != end; it.increment(code)) {
    std::string name = it->path().filename().string();
    if (MayBeChanged(name)) names.push_back(std::move(name));
  }
  if (code) return FileError(code, "listing", directory);
  std::sort(names.begin(), names.end());
  return names;
}

Status CopyAside(const std::string& directory, RecoveryReport& report) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(report.copied, FilesToCopy(directory));
  report.quarantine = QuarantinePath(directory);
  std::error_code code;
  fs::create_directories(report.quarantine, code);
  if (code) return FileError(code, "creating", report.quarantine);
  for (const std::string& name : report.copied) {
    const fs::path copy = fs::path(report.quarantine) / name;
    fs::copy_file(fs::path(directory) / name, copy, code);
    if (code) return FileError(code, "copying to", copy);
    CONTEXTSYNC_RETURN_IF_ERROR(SyncFile(copy));
  }
  return SyncDirectory(report.quarantine);
}

/// A missing CURRENT only named the newest manifest, so it can be written again.
Status RestoreCurrent(const std::string& directory, const std::vector<std::string>& names) {
  if (std::find(names.begin(), names.end(), "CURRENT") != names.end()) return {};
  // The numbers have a fixed width, so the last one in order is the newest.
  const auto newest = std::find_if(names.rbegin(), names.rend(), [](const std::string& name) {
    return name.starts_with("MANIFEST-");
  });
  if (newest == names.rend()) return {};
  const std::string path = directory + "/CURRENT";
  const std::string text = *newest + "\n";
  CONTEXTSYNC_ASSIGN_OR_RETURN(const Descriptor current, OpenOwnFile(path));
  const ssize_t written = ::pwrite(current.get(), text.data(), text.size(), 0);
  if (written != static_cast<ssize_t>(text.size())) {
    return ErrorFromErrno(written < 0 ? errno : ENOSPC, "writing", path);
  }
  CONTEXTSYNC_RETURN_IF_ERROR(SyncFile(path));
  return SyncDirectory(directory);
}

Result<std::unique_ptr<RocksHandle>> OpenWhatIsLeft(const RocksOptions& options,
                                                    RecoveryReport& report) {
  Result<std::unique_ptr<RocksHandle>> handle = RocksHandle::Open(options, OpenMode::kPointInTime);
  if (handle.ok() || handle.error().code() != ErrorCode::kCorruption) return handle;
  const rocksdb::Status repaired =
      rocksdb::RepairDB(options.directory, DatabaseOptions(options), TableDescriptors(options));
  if (!repaired.ok()) return ErrorFrom(repaired, "rebuilding " + options.directory);
  report.was_rebuilt = true;
  return RocksHandle::Open(options, OpenMode::kPointInTime);
}

}  // namespace

Result<RecoveryReport> RecoverStore(const RocksOptions& options) {
  RecoveryReport report;
  CONTEXTSYNC_RETURN_IF_ERROR(CopyAside(options.directory, report));
  CONTEXTSYNC_RETURN_IF_ERROR(RestoreCurrent(options.directory, report.copied));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const std::unique_ptr<RocksHandle> handle,
                               OpenWhatIsLeft(options, report));
  const rocksdb::Status whole = handle->db().VerifyChecksum();
  if (!whole.ok()) report.damage = whole.ToString();
  CONTEXTSYNC_RETURN_IF_ERROR(handle->Close());
  CONTEXTSYNC_RETURN_IF_ERROR(MarkInitialized(options.directory));
  return report;
}

}  // namespace contextsync

#include "storage/rocks/durable_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "core/base/failpoint.h"
#include "core/base/running_hash.h"
#include "storage/rocks/posix_status.h"

namespace contextsync {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kChunkBytes = 262'144;
constexpr mode_t kOwnFile = S_IRUSR | S_IWUSR;
constexpr std::string_view kRocksLock = "LOCK";

Error OfCode(const std::error_code& code, std::string_view what, const std::string& path) {
  return ErrorFromErrno(code.value(), what, path);
}

Status WriteAll(const Descriptor& file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return ErrorFromErrno(written < 0 ? errno : ENOSPC, "writing", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

/// Calls `use` with the bytes of `path`, a chunk at a time.
template <typename Use>
Status ForEachChunk(const std::string& path, const Use& use) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file.is_open()) return ErrorFromErrno(errno, "opening", path);
  std::string chunk(kChunkBytes, '\0');
  while (true) {
    const ssize_t length = ::read(file.get(), chunk.data(), chunk.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return ErrorFromErrno(errno, "reading", path);
    if (length == 0) return {};
    CONTEXTSYNC_RETURN_IF_ERROR(
        use(std::string_view(chunk).substr(0, static_cast<std::size_t>(length))));
  }
}

Result<Descriptor> CreateFile(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnFile));
  if (!file.is_open()) return ErrorFromErrno(errno, "creating", path);
  return file;
}

Status SyncOpen(const Descriptor& file, const std::string& path) {
  return ::fsync(file.get()) == 0 ? Status() : Status(ErrorFromErrno(errno, "syncing", path));
}

Result<FileSum> CopyOne(const std::string& from, const std::string& to, std::string name) {
  const std::string target = to + "/" + name;
  CONTEXTSYNC_ASSIGN_OR_RETURN(const Descriptor file, CreateFile(target));
  FileSum sum{std::move(name), 0, {}};
  RunningHash running;
  CONTEXTSYNC_RETURN_IF_ERROR(ForEachChunk(from + "/" + sum.name, [&](std::string_view chunk) {
    running.Add(chunk);
    sum.bytes += chunk.size();
    return WriteAll(file, chunk, target);
  }));
  CONTEXTSYNC_RETURN_IF_ERROR(SyncOpen(file, target));
  sum.sha256 = running.Finish();
  return sum;
}

Result<FileSum> SumOne(const std::string& directory, std::string name) {
  FileSum sum{std::move(name), 0, {}};
  RunningHash running;
  CONTEXTSYNC_RETURN_IF_ERROR(ForEachChunk(directory + "/" + sum.name, [&](std::string_view chunk) {
    running.Add(chunk);
    sum.bytes += chunk.size();
    return Status();
  }));
  sum.sha256 = running.Finish();
  return sum;
}

Result<std::vector<std::string>> PlainFiles(const std::string& directory) {
  std::error_code code;
  std::vector<std::string> names;
  for (fs::directory_iterator it(directory, code), end; !code && it != end; it.increment(code)) {
    std::error_code ignored;
    if (it->symlink_status(ignored).type() != fs::file_type::regular) continue;
    std::string name = it->path().filename().string();
    if (name != kRocksLock) names.push_back(std::move(name));
  }
  if (code) return OfCode(code, "listing", directory);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Result<std::vector<FileSum>> SumFiles(const std::string& directory) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(std::vector<std::string> names, PlainFiles(directory));
  std::vector<FileSum> sums;
  for (std::string& name : names) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(FileSum sum, SumOne(directory, std::move(name)));
    sums.push_back(std::move(sum));
  }
  return sums;
}

Result<std::vector<FileSum>> CopyFiles(const std::string& from, const std::string& to) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(std::vector<std::string> names, PlainFiles(from));
  if (::mkdir(to.c_str(), S_IRWXU) != 0) return ErrorFromErrno(errno, "creating", to);
  std::vector<FileSum> sums;
  for (std::string& name : names) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(FileSum sum, CopyOne(from, to, std::move(name)));
    sums.push_back(std::move(sum));
  }
  CONTEXTSYNC_RETURN_IF_ERROR(SyncDirectory(to));
  return sums;
}

Status WriteNewFile(const std::string& path, std::string_view text) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const Descriptor file, CreateFile(path));
  CONTEXTSYNC_RETURN_IF_ERROR(WriteAll(file, text, path));
  return SyncOpen(file, path);
}

Result<std::string> ReadWholeFile(const std::string& path, std::uint64_t most_bytes) {
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT)
    return Error(ErrorCode::kNotFound, "there is no " + path);
  std::string text;
  CONTEXTSYNC_RETURN_IF_ERROR(ForEachChunk(path, [&](std::string_view chunk) -> Status {
    text += chunk;
    if (text.size() <= most_bytes) return {};
    return Error(ErrorCode::kInvalidArgument, path + " is too long");
  }));
  return text;
}

Result<bool> IsEmptyOrMissing(const std::string& directory) {
  std::error_code code;
  const bool exists = fs::exists(fs::symlink_status(directory, code));
  if (!exists) return true;
  const bool is_empty = fs::is_empty(directory, code);
  if (code) return OfCode(code, "examining", directory);
  return is_empty;
}

Status PutInPlace(const std::string& fresh, const std::string& target,
                  const std::string& previous) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const bool is_free, IsEmptyOrMissing(target));
  if (is_free) {
    if (::rename(fresh.c_str(), target.c_str()) != 0)
      return ErrorFromErrno(errno, "putting in place", target);
    return SyncDirectory(ParentOf(target));
  }
  // Under its new name first: whoever clears up after a crash must never take the old one for the
  // fresh one.
  if (::rename(fresh.c_str(), previous.c_str()) != 0)
    return ErrorFromErrno(errno, "making ready", previous);
  if (::renameat2(AT_FDCWD, previous.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) != 0) {
    Error error = ErrorFromErrno(errno, "exchanging with " + previous, target);
    static_cast<void>(::rename(previous.c_str(), fresh.c_str()));
    return error;
  }
  PassFailpoint(Failpoint::kRestoreExchanged);
  return SyncDirectory(ParentOf(target));
}

Status RemoveTree(const std::string& directory) {
  std::error_code code;
  fs::remove_all(directory, code);
  return code ? Status(OfCode(code, "removing", directory)) : Status();
}

}  // namespace contextsync

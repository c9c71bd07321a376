#include "server/app/store_copy.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/base/failpoint.h"
#include "core/base/log.h"
#include "core/ports/json_reader.h"
#include "server/app/ask_owner.h"
#include "storage/rocks/durable_files.h"
#include "storage/rocks/notebook_lock.h"
#include "storage/rocks/rocks_table_store.h"

namespace contextsync {

namespace {

namespace fs = std::filesystem;

// A large store flushes its memory and links its files: a second or two on a slow disk.
constexpr std::chrono::seconds kCopyTimeout{120};
constexpr std::string_view kCopyCommand = "copy";

// Names beside a store that end with the number of the process at work there.
constexpr std::string_view kCopySuffix = ".copy-";
constexpr std::string_view kRestoreSuffix = ".restore-";

/// Copies by themselves; the lock is held only meanwhile.
Status CopyClosed(const StorePlace& place, const std::string& target) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const NotebookLock lock, NotebookLock::Acquire(place.directory));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto store, RocksTableStore::Open(place.Options()));
  CONTEXTSYNC_RETURN_IF_ERROR(store->Checkpoint(target));
  return store->Close();
}

Status CopyOpen(const StorePlace& place, const std::string& target) {
  const auto answer = AskOwner(place, CopyRequest(target), kCopyTimeout);
  return answer.ok() ? Status() : Status(answer.error());
}

Status CopyEitherWay(const StorePlace& place, const std::string& target) {
  return AloneOrByOwner<void>([&] { return CopyClosed(place, target); },
                              [&] { return CopyOpen(place, target); });
}

/// True when the process that makes or made the copy of this name is gone.
bool IsStale(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return false;
  name.remove_prefix(prefix.size());
  pid_t pid = 0;
  const auto end = name.data() + name.size();
  const auto [rest, fault] = std::from_chars(name.data(), end, pid);
  const bool is_ours = fault == std::errc() && pid > 0 && (rest == end || *rest == '.');
  return is_ours && ::kill(pid, 0) != 0 && errno == ESRCH;
}

std::vector<fs::path> StaleCopies(const std::string& directory) {
  const fs::path path(directory);
  const std::string name = path.filename().string();
  std::vector<fs::path> stale;
  std::error_code code;
  for (fs::directory_iterator it(path.parent_path(), code), end; !code && it != end;
       it.increment(code)) {
    const std::string found = it->path().filename().string();
    for (const std::string_view suffix : {kCopySuffix, kRestoreSuffix}) {
      if (IsStale(found, name + std::string(suffix))) stale.push_back(it->path());
    }
  }
  return stale;
}

}  // namespace

Result<std::unique_ptr<StoreCopy>> StoreCopy::Take(const StorePlace& place) {
  std::error_code code;
  if (!fs::is_directory(place.directory, code))
    return Error(ErrorCode::kNotFound, "there is no store at " + place.directory);
  RemoveStaleCopies(place.directory);
  std::unique_ptr<StoreCopy> copy(
      new StoreCopy(place.directory + std::string(kCopySuffix) + std::to_string(::getpid())));
  CONTEXTSYNC_RETURN_IF_ERROR(RemoveTree(copy->directory()));
  CONTEXTSYNC_RETURN_IF_ERROR(CopyEitherWay(place, copy->directory()));
  PassFailpoint(Failpoint::kCopyTaken);
  return copy;
}

StoreCopy::~StoreCopy() {
  const Status removed = RemoveTree(directory_);
  if (!removed.ok()) {
    CONTEXTSYNC_LOG(kWarning, "a temporary copy was not removed",
                    {{"reason", removed.error().message()}});
  }
}

std::size_t CountStaleCopies(const std::string& directory) {
  return StaleCopies(directory).size();
}

std::size_t RemoveStaleCopies(const std::string& directory) {
  const std::vector<fs::path> stale = StaleCopies(directory);
  for (const fs::path& left : stale)
    RemoveTree(left.string()).IgnoreBecause("the next copy tries again");
  return stale.size();
}

Json CopyRequest(const std::string& directory) {
  return {{"command", kCopyCommand}, {"directory", directory}};
}

std::optional<Result<Json>> AnswerCopyRequest(TableStore& store, const Json& request) {
  JsonReader reader(request);
  if (reader.TextOr("command", "") != kCopyCommand) return std::nullopt;
  const std::string directory = reader.Text("directory");
  if (!reader.ok()) return Result<Json>(reader.status().error());
  if (!directory.starts_with('/'))
    return Result<Json>(Error(ErrorCode::kInvalidArgument, "the copy needs an absolute path"));
  if (Status copied = store.Checkpoint(directory); !copied.ok())
    return Result<Json>(std::move(copied).error());
  return Result<Json>(Json{{"copied", true}});
}

}  // namespace contextsync

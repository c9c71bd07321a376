#include "server/upkeep/backup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <utility>

#include "core/base/failpoint.h"
#include "core/hub/incarnation.h"
#include "core/hub/retention.h"
#include "core/hub/table_hub_store.h"
#include "core/notebook/notebook.h"
#include "server/app/store_copy.h"
#include "server/app/store_lock.h"
#include "server/app/store_place.h"
#include "server/app/system_clock.h"
#include "storage/rocks/file_high_water_mark.h"
#include "storage/rocks/notebook_directory.h"
#include "storage/rocks/posix_status.h"
#include "storage/rocks/rocks_table_store.h"

namespace contextsync {

namespace {

namespace fs = std::filesystem;

// What was deleted is forgotten then: an older hub would have notebooks bring it back.
constexpr std::chrono::milliseconds kOldestHubBackup = RetentionRules{}.collect_after;

using Checker = std::function<Result<StoreCheck>(TableStore&)>;

std::string InPath(const std::string& directory, std::string_view name) {
  return directory + "/" + std::string(name);
}

/// Without a slash at its end, so that names can be put beside it.
std::string Absolute(const std::string& path) {
  std::error_code ignored;
  fs::path absolute = fs::absolute(path, ignored).lexically_normal();
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  return absolute.string();
}

/// A directory that becomes something else at the end, or goes.
class Staging {
 public:
  explicit Staging(std::string directory) : directory_(std::move(directory)) {}
  ~Staging() {
    RemoveTree(directory_).IgnoreBecause("the next attempt removes it");
    RemoveTree(directory_ + ".hwm").IgnoreBecause("likewise");
    RemoveTree(directory_ + ".reserve").IgnoreBecause("likewise");
  }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  [[nodiscard]] const std::string& directory() const { return directory_; }

  /// Empty, in case an earlier process of this number died.
  Status Clear() const {
    CONTEXTSYNC_RETURN_IF_ERROR(RemoveTree(directory_ + ".hwm"));
    return RemoveTree(directory_);
  }

 private:
  const std::string directory_;
};

Result<std::unique_ptr<RocksTableStore>> OpenScratch(const StorePlace& place,
                                                     const std::string& directory) {
  RocksOptions options = place.Options();
  options.directory = directory;
  options.is_scratch = true;
  return RocksTableStore::Open(std::move(options));
}

/// Copies the files first and reads the copy afterwards: opening one changes it.
Result<BackupDone> WriteBackup(const StorePlace& place, BackupManifest manifest,
                               const std::string& directory, const Checker& check) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto copy, StoreCopy::Take(place));
  if (::mkdir(directory.c_str(), S_IRWXU) != 0) return ErrorFromErrno(errno, "creating", directory);
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      manifest.files, CopyFiles(copy->directory(), InPath(directory, BackupManifest::kStoreName)));
  PassFailpoint(Failpoint::kBackupFilesCopied);
  BackupDone done;
  {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto store, OpenScratch(place, copy->directory()));
    CONTEXTSYNC_ASSIGN_OR_RETURN(StoreCheck found, check(*store));
    manifest.workspaces = std::move(found.workspaces);
    done.problems = std::move(found.problems);
  }
  CONTEXTSYNC_RETURN_IF_ERROR(
      WriteNewFile(InPath(directory, BackupManifest::kFileName), EncodeManifest(manifest)));
  CONTEXTSYNC_RETURN_IF_ERROR(SyncDirectory(directory));
  PassFailpoint(Failpoint::kBackupManifestWritten);
  done.manifest = std::move(manifest);
  return done;
}

Result<BackupDone> BackUp(const StorePlace& place, BackupKind kind, const std::string& given,
                          const Checker& check) {
  const std::string target = Absolute(given);
  CONTEXTSYNC_ASSIGN_OR_RETURN(const bool is_free, IsEmptyOrMissing(target));
  if (!is_free) return Error(ErrorCode::kAlreadyExists, target + " holds something already");
  const Staging staging(target + ".partial-" + std::to_string(::getpid()));
  CONTEXTSYNC_RETURN_IF_ERROR(staging.Clear());
  BackupManifest manifest;
  manifest.kind = kind;
  manifest.created_at = SystemClock().WallMillis();
  manifest.program = CONTEXTSYNC_VERSION;
  CONTEXTSYNC_ASSIGN_OR_RETURN(BackupDone done,
                               WriteBackup(place, std::move(manifest), staging.directory(), check));
  CONTEXTSYNC_RETURN_IF_ERROR(PutInPlace(staging.directory(), target, target + ".previous"));
  done.path = target;
  return done;
}

/// What is true of a backup whatever it is put in place of.
Result<BackupManifest> ReadFitting(const std::string& source, BackupKind kind) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(BackupManifest manifest, ReadBackup(source));
  if (manifest.kind == kind) return manifest;
  return Error(ErrorCode::kInvalidArgument,
               source + " is the backup of a " + std::string(ToString(manifest.kind)));
}

Status CheckTarget(const std::string& directory, bool replace) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const bool is_free, IsEmptyOrMissing(directory));
  if (is_free || replace) return {};
  return Error(ErrorCode::kAlreadyExists, directory + " holds something already");
}

/// Where what is replaced goes: nothing is thrown away.
std::string PreviousPath(const std::string& directory) {
  return directory + ".before-" + std::to_string(SystemClock().WallMillis());
}

/// Copies the backup's files to `staging` and compares what arrived.
Status CopyBackup(const std::string& source, const BackupManifest& manifest,
                  const std::string& staging) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto copied,
                               CopyFiles(InPath(source, BackupManifest::kStoreName), staging));
  PassFailpoint(Failpoint::kRestoreFilesCopied);
  if (copied == manifest.files) return {};
  return Error(ErrorCode::kInvalidArgument, "the backup changed while it was read");
}

/// Makes the copy in `staging` a notebook of its own.
Result<StoreCheck> PrepareNotebook(const StorePlace& place, const std::string& staging,
                                   const BackupManifest& manifest, const WorkspaceId& workspace) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto store, OpenScratch(place, staging));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto mark, FileHighWaterMark::Open(staging));
  {
    SystemClock clock;
    SystemRandom random;
    CONTEXTSYNC_ASSIGN_OR_RETURN(
        const auto notebook,
        Notebook::Open(*store, *mark, clock, random, {.workspace = workspace, .has_hub = true}));
    CONTEXTSYNC_RETURN_IF_ERROR(notebook->BecomeCopy("Restored from the backup of " +
                                                     FormatTimestamp(manifest.created_at) + "."));
  }
  CONTEXTSYNC_RETURN_IF_ERROR(mark->Sync());
  CONTEXTSYNC_ASSIGN_OR_RETURN(StoreCheck check, CheckNotebookStore(*store, *mark, workspace));
  CONTEXTSYNC_RETURN_IF_ERROR(store->Close());
  return check;
}

Result<StoreCheck> PrepareHub(const StorePlace& place, const std::string& staging) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto store, OpenScratch(place, staging));
  SystemRandom random;
  TableHubStore hub(*store);
  CONTEXTSYNC_RETURN_IF_ERROR(BeginNewLives(hub, random));
  CONTEXTSYNC_ASSIGN_OR_RETURN(StoreCheck check, CheckHubStore(*store));
  CONTEXTSYNC_RETURN_IF_ERROR(store->Close());
  return check;
}

/// Goes first: beside another notebook the mark would tell of a loss that never was, and a notebook
/// without one is only believed as it is.
Status TakeMarkAway(const std::string& directory) {
  if (::unlink((directory + ".hwm").c_str()) != 0 && errno != ENOENT)
    return ErrorFromErrno(errno, "removing", directory + ".hwm");
  return SyncDirectory(ParentOf(directory));
}

Status PutMarkInPlace(const std::string& staging, const std::string& directory) {
  if (::rename((staging + ".hwm").c_str(), (directory + ".hwm").c_str()) != 0)
    return ErrorFromErrno(errno, "putting in place", directory + ".hwm");
  return SyncDirectory(ParentOf(directory));
}

Status CheckAge(const BackupManifest& manifest, bool allow_old) {
  const auto age = std::chrono::milliseconds(SystemClock().WallMillis() - manifest.created_at);
  if (allow_old || age <= kOldestHubBackup) return {};
  return Error(ErrorCode::kInvalidArgument,
               "the backup of " + FormatTimestamp(manifest.created_at) +
                   " is older than deletions are remembered: notebooks would bring deleted things "
                   "back; --allow-old restores it all the same");
}

}  // namespace

Result<BackupDone> BackUpNotebook(const fs::path& data_dir, const WorkspaceId& workspace,
                                  const std::string& target) {
  return BackUp(NotebookPlace(data_dir, workspace), BackupKind::kNotebook, target,
                [&](TableStore& store) {
                  NoHighWaterMark mark;
                  return CheckNotebookStore(store, mark, workspace);
                });
}

Result<BackupDone> BackUpHub(const std::string& data_dir, const std::string& target) {
  return BackUp(HubPlace(data_dir), BackupKind::kHub, target, &CheckHubStore);
}

Result<RestoreDone> RestoreNotebook(const std::string& source, const fs::path& data_dir,
                                    const WorkspaceId& workspace, const RestoreOptions& options) {
  const std::string backup = Absolute(source);
  const StorePlace place = NotebookPlace(data_dir, workspace);
  CONTEXTSYNC_ASSIGN_OR_RETURN(const BackupManifest manifest,
                               ReadFitting(backup, BackupKind::kNotebook));
  if (manifest.workspaces.size() != 1 || manifest.workspaces.front().workspace != workspace) {
    return Error(ErrorCode::kInvalidArgument, "the backup is of another workspace than " +
                                                  workspace.value +
                                                  "; name its own with --workspace");
  }
  CONTEXTSYNC_RETURN_IF_ERROR(PrepareDirectory(data_dir.string()));
  CONTEXTSYNC_RETURN_IF_ERROR(PrepareDirectory(ParentOf(place.directory)));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto lock, LockStore(place));
  CONTEXTSYNC_RETURN_IF_ERROR(CheckTarget(place.directory, options.replace));

  const Staging staging(place.directory + ".restore-" + std::to_string(::getpid()));
  CONTEXTSYNC_RETURN_IF_ERROR(staging.Clear());
  CONTEXTSYNC_RETURN_IF_ERROR(CopyBackup(backup, manifest, staging.directory()));
  CONTEXTSYNC_ASSIGN_OR_RETURN(StoreCheck check,
                               PrepareNotebook(place, staging.directory(), manifest, workspace));
  RestoreDone done{place.directory, std::move(check.workspaces), PreviousPath(place.directory)};
  PassFailpoint(Failpoint::kRestorePrepared);
  CONTEXTSYNC_RETURN_IF_ERROR(TakeMarkAway(place.directory));
  CONTEXTSYNC_RETURN_IF_ERROR(PutInPlace(staging.directory(), place.directory, done.previous));
  PassFailpoint(Failpoint::kRestoreInPlace);
  CONTEXTSYNC_RETURN_IF_ERROR(PutMarkInPlace(staging.directory(), place.directory));
  if (!fs::exists(done.previous)) done.previous.clear();
  return done;
}

Result<RestoreDone> RestoreHub(const std::string& source, const std::string& data_dir,
                               const RestoreOptions& options) {
  const std::string backup = Absolute(source);
  const StorePlace place = HubPlace(data_dir);
  CONTEXTSYNC_ASSIGN_OR_RETURN(const BackupManifest manifest,
                               ReadFitting(backup, BackupKind::kHub));
  CONTEXTSYNC_RETURN_IF_ERROR(CheckAge(manifest, options.allow_old));
  CONTEXTSYNC_RETURN_IF_ERROR(PrepareDirectory(data_dir));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto lock, LockStore(place));
  CONTEXTSYNC_RETURN_IF_ERROR(CheckTarget(place.directory, options.replace));

  const Staging staging(place.directory + ".restore-" + std::to_string(::getpid()));
  CONTEXTSYNC_RETURN_IF_ERROR(staging.Clear());
  CONTEXTSYNC_RETURN_IF_ERROR(CopyBackup(backup, manifest, staging.directory()));
  CONTEXTSYNC_ASSIGN_OR_RETURN(StoreCheck check, PrepareHub(place, staging.directory()));
  RestoreDone done{place.directory, std::move(check.workspaces), PreviousPath(place.directory)};
  PassFailpoint(Failpoint::kRestorePrepared);
  CONTEXTSYNC_RETURN_IF_ERROR(PutInPlace(staging.directory(), place.directory, done.previous));
  PassFailpoint(Failpoint::kRestoreInPlace);
  if (!fs::exists(done.previous)) done.previous.clear();
  return done;
}

}  // namespace contextsync

#include "server/app/store_recovery.h"

#include <memory>
#include <utility>

#include "core/hub/incarnation.h"
#include "core/hub/table_hub_store.h"
#include "core/notebook/notebook.h"
#include "server/app/store_place.h"
#include "server/app/system_clock.h"
#include "storage/rocks/file_high_water_mark.h"
#include "storage/rocks/notebook_lock.h"
#include "storage/rocks/recovery.h"
#include "storage/rocks/rocks_table_store.h"

namespace contextsync {

namespace {

/// Opens the store, after recovering it if it refuses.
Result<std::unique_ptr<RocksTableStore>> OpenOrRecover(const StorePlace& place,
                                                       RecoveryDone& done) {
  auto store = RocksTableStore::Open(place.Options());
  if (store.ok() || store.error().code() != ErrorCode::kCorruption) return store;
  CONTEXTSYNC_ASSIGN_OR_RETURN(RecoveryReport report, RecoverStore(place.Options()));
  done.was_damaged = true;
  done.quarantine = std::move(report.quarantine);
  done.copied = std::move(report.copied);
  return RocksTableStore::Open(place.Options());
}

Result<RecoveryDone> Begin(const StorePlace& place) {
  std::error_code code;
  if (!std::filesystem::is_directory(place.directory, code))
    return Error(ErrorCode::kNotFound, "there is no store at " + place.directory);
  RecoveryDone done;
  done.path = place.directory;
  return done;
}

/// Opening notices by the high-water mark what is missing. Where it proves nothing, numbers may
/// have been lost all the same, so the notebook becomes another device.
Status TakeNewIdentity(TableStore& store, HighWaterMark& mark, const WorkspaceId& workspace,
                       bool was_damaged) {
  SystemClock clock;
  SystemRandom random;
  const UnixMillis begun = clock.WallMillis();
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      const auto notebook,
      Notebook::Open(store, mark, clock, random, {.workspace = workspace, .has_hub = true}));
  const auto recovery = notebook->Summary().recovery;
  const bool is_told = recovery && recovery->at >= begun;
  if (!was_damaged || is_told) return {};
  return notebook->BecomeCopy(
      "The notebook was damaged and recovered. No own entry is known to be missing; what the hub "
      "had is pulled again.");
}

}  // namespace

Result<RecoveryDone> RecoverNotebook(const std::filesystem::path& data_dir,
                                     const WorkspaceId& workspace) {
  const StorePlace place = NotebookPlace(data_dir, workspace);
  CONTEXTSYNC_ASSIGN_OR_RETURN(RecoveryDone done, Begin(place));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto lock, NotebookLock::Acquire(place.directory));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto store, OpenOrRecover(place, done));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto mark, FileHighWaterMark::Open(place.directory));
  CONTEXTSYNC_RETURN_IF_ERROR(TakeNewIdentity(*store, *mark, workspace, done.was_damaged));
  CONTEXTSYNC_ASSIGN_OR_RETURN(done.check, CheckNotebookStore(*store, *mark, workspace));
  return done;
}

Result<RecoveryDone> RecoverHub(const std::string& data_dir) {
  const StorePlace place = HubPlace(data_dir);
  CONTEXTSYNC_ASSIGN_OR_RETURN(RecoveryDone done, Begin(place));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto lock, NotebookLock::Acquire(place.directory));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto store, OpenOrRecover(place, done));
  if (done.was_damaged) {
    SystemRandom random;
    TableHubStore hub(*store);
    CONTEXTSYNC_RETURN_IF_ERROR(BeginNewLives(hub, random));
  }
  CONTEXTSYNC_ASSIGN_OR_RETURN(done.check, CheckHubStore(*store));
  return done;
}

}  // namespace contextsync

#include "server/upkeep/store_recovery.h"

#include <filesystem>
#include <memory>
#include <utility>

#include "core/hub/incarnation.h"
#include "core/hub/table_hub_store.h"
#include "core/notebook/notebook.h"
#include "core/notebook/salvage.h"
#include "server/app/store_lock.h"
#include "server/app/store_place.h"
#include "server/app/system_clock.h"
#include "storage/rocks/file_high_water_mark.h"
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
  done.was_rebuilt = report.was_rebuilt;
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

/// A notebook and what stands under it, for as long as it is recovered.
struct Patient {
  TableStore& store;
  HighWaterMark& mark;
  const WorkspaceId& workspace;
  SystemClock clock;
  SystemRandom random;

  Result<std::unique_ptr<Notebook>> Open() {
    return Notebook::Open(store, mark, clock, random, {.workspace = workspace, .has_hub = true});
  }
};

/// Puts the store as it is aside, and a notebook of what can be read in its place.
Status Salvage(const StorePlace& place, Patient& patient, RecoveryDone& done) {
  const UnixMillis now = patient.clock.WallMillis();
  const std::string quarantine = place.directory + "/quarantine/rows-" + std::to_string(now);
  std::error_code code;
  std::filesystem::create_directories(place.directory + "/quarantine", code);
  CONTEXTSYNC_RETURN_IF_ERROR(patient.store.Checkpoint(quarantine));
  if (done.quarantine.empty()) done.quarantine = quarantine;
  done.was_damaged = true;
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      done.salvaged, SalvageNotebook({patient.store, patient.workspace, patient.mark.Load(),
                                      patient.clock, patient.random}));
  return {};
}

/// Opening notices by the high-water mark what is missing at the end. Where it proves nothing,
/// numbers may have been lost all the same, so the notebook becomes another device.
Status MakeOpen(const StorePlace& place, Patient& patient, RecoveryDone& done) {
  if (done.was_rebuilt) return Salvage(place, patient, done);
  const UnixMillis begun = patient.clock.WallMillis();
  auto notebook = patient.Open();
  if (!notebook.ok() && notebook.error().code() == ErrorCode::kCorruption)
    return Salvage(place, patient, done);
  if (!notebook.ok()) return std::move(notebook).error();
  const auto recovery = notebook.value()->Summary().recovery;
  const bool is_told = recovery && recovery->at >= begun;
  if (!done.was_damaged || is_told) return {};
  return notebook.value()->BecomeCopy(
      "The notebook was damaged and recovered. No own entry is known to be missing; what the hub "
      "had is pulled again.");
}

}  // namespace

Result<RecoveryDone> RecoverNotebook(const std::filesystem::path& data_dir,
                                     const WorkspaceId& workspace) {
  const StorePlace place = NotebookPlace(data_dir, workspace);
  CONTEXTSYNC_ASSIGN_OR_RETURN(RecoveryDone done, Begin(place));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto lock, LockStore(place));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto store, OpenOrRecover(place, done));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto mark, FileHighWaterMark::Open(place.directory));
  Patient patient{*store, *mark, workspace, {}, {}};
  CONTEXTSYNC_RETURN_IF_ERROR(MakeOpen(place, patient, done));
  CONTEXTSYNC_ASSIGN_OR_RETURN(done.check, CheckNotebookStore(*store, *mark, workspace));
  return done;
}

Result<RecoveryDone> RecoverHub(const std::string& data_dir) {
  const StorePlace place = HubPlace(data_dir);
  CONTEXTSYNC_ASSIGN_OR_RETURN(RecoveryDone done, Begin(place));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto lock, LockStore(place));
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

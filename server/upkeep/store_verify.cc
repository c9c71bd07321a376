#include "server/upkeep/store_verify.h"

#include "server/app/store_copy.h"
#include "server/app/store_place.h"
#include "storage/rocks/file_high_water_mark.h"
#include "storage/rocks/notebook_lock.h"
#include "storage/rocks/rocks_table_store.h"

namespace contextsync {

namespace {

Result<std::unique_ptr<RocksTableStore>> OpenCopy(const StorePlace& place, const StoreCopy& copy) {
  RocksOptions options = place.Options();
  options.directory = copy.directory();
  options.is_scratch = true;
  return RocksTableStore::Open(std::move(options));
}

Result<StoreCheck> CheckInPlace(const StorePlace& place, const WorkspaceId& workspace) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto lock, NotebookLock::Acquire(place.directory));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto store, RocksTableStore::Open(place.Options()));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto mark, FileHighWaterMark::Open(place.directory));
  return CheckNotebookStore(*store, *mark, workspace);
}

Result<StoreCheck> CheckCopy(const StorePlace& place, const WorkspaceId& workspace) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto copy, StoreCopy::Take(place));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto store, OpenCopy(place, *copy));
  NoHighWaterMark mark;
  return CheckNotebookStore(*store, mark, workspace);
}

}  // namespace

Result<StoreCheck> VerifyNotebook(const std::filesystem::path& data_dir,
                                  const WorkspaceId& workspace) {
  const StorePlace place = NotebookPlace(data_dir, workspace);
  std::error_code error;
  if (!std::filesystem::is_directory(place.directory, error))
    return Error(ErrorCode::kNotFound, "there is no notebook at " + place.directory);
  Result<StoreCheck> check = CheckInPlace(place, workspace);
  if (!check.ok() && check.error().code() == ErrorCode::kConflict)
    check = CheckCopy(place, workspace);
  if (check.ok()) check.value().path = place.directory;
  return check;
}

Result<StoreCheck> VerifyHub(const std::string& data_dir) {
  const StorePlace place = HubPlace(data_dir);
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto copy, StoreCopy::Take(place));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto store, OpenCopy(place, *copy));
  CONTEXTSYNC_ASSIGN_OR_RETURN(StoreCheck check, CheckHubStore(*store));
  check.path = place.directory;
  return check;
}

}  // namespace contextsync

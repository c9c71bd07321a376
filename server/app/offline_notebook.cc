#include "server/app/offline_notebook.h"

#include <utility>

#include "core/sync/local_gate.h"
#include "core/sync/resting_gate.h"
#include "server/app/notebook_host.h"
#include "server/app/store_lock.h"
#include "server/app/store_place.h"

namespace contextsync {

Result<std::unique_ptr<OfflineNotebook>> OfflineNotebook::Open(
    const std::filesystem::path& data_dir, const WorkspaceId& workspace, bool has_hub) {
  const auto directory = NotebookDirectory(data_dir, workspace);
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error))
    return Error(ErrorCode::kNotFound, "there is no notebook at " + directory.string());
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto lock, LockStore(NotebookPlace(data_dir, workspace)));
  std::unique_ptr<OfflineNotebook> offline(new OfflineNotebook(std::move(lock)));
  CONTEXTSYNC_ASSIGN_OR_RETURN(offline->store_,
                               RocksTableStore::Open(NotebookPlace(data_dir, workspace).Options()));
  CONTEXTSYNC_ASSIGN_OR_RETURN(offline->mark_, FileHighWaterMark::Open(directory.string()));
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      offline->notebook_,
      Notebook::Open(*offline->store_, *offline->mark_, offline->clock_, offline->random_,
                     {.workspace = workspace, .has_hub = has_hub}));
  return offline;
}

std::unique_ptr<SyncGate> OfflineNotebook::GateOf(const std::string& hub) {
  if (hub.empty()) return std::make_unique<LocalGate>();
  return std::make_unique<RestingGate>(notebook_->Position(), hub, clock_.WallMillis());
}

}  // namespace contextsync

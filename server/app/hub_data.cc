#include "server/app/hub_data.h"

#include <utility>
#include <vector>

#include "core/base/failpoint.h"
#include "core/hub/table_hub_store.h"
#include "server/app/store_place.h"
#include "storage/rocks/notebook_directory.h"

namespace contextsync {

namespace {

// Beside the tokens, under a letter that no row of theirs begins with.
constexpr std::string_view kProbeKey = "p";

}  // namespace

std::string HubData::StoreDirectory(const std::string& directory) {
  return directory + "/store";
}

std::vector<std::string> HubData::TableNames() {
  std::vector<std::string> names = TableHubStore::TableNames();
  names.emplace_back("hub_token");
  return names;
}

TableId HubData::token_table() {
  return static_cast<TableId>(TableHubStore::TableNames().size());
}

Result<std::unique_ptr<HubData>> HubData::Open(const std::string& directory) {
  const StorePlace place = HubPlace(directory);
  const std::string& store_directory = place.directory;
  CONTEXTSYNC_RETURN_IF_ERROR(PrepareDirectory(directory));
  CONTEXTSYNC_RETURN_IF_ERROR(PrepareDirectory(store_directory));
  CONTEXTSYNC_ASSIGN_OR_RETURN(NotebookLock lock, NotebookLock::Acquire(store_directory));
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto store, RocksTableStore::Open(place.Options()));
  PassFailpoint(Failpoint::kHubStoreReady);
  return std::unique_ptr<HubData>(new HubData(std::move(lock), std::move(store)));
}

Status HubData::Probe() {
  TableBatch batch;
  batch.Put(token_table(), std::string(kProbeKey), "");
  return store_->Write(batch, Durability::kBuffered);
}

}  // namespace contextsync

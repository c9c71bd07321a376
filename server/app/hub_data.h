// HubData: a hub's directory, locked and open.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/ports/table_store.h"
#include "storage/rocks/notebook_lock.h"
#include "storage/rocks/rocks_table_store.h"

namespace contextsync {

class HubData {
 public:
  /// Creates the directory if it is missing.
  /// Errors: kConflict when a hub runs on it; those of PrepareDirectory and RocksTableStore.
  static Result<std::unique_ptr<HubData>> Open(const std::string& directory);

  /// The database in a hub's directory, and its tables.
  static std::string StoreDirectory(const std::string& directory);
  static std::vector<std::string> TableNames();

  [[nodiscard]] TableStore& store() { return *store_; }
  [[nodiscard]] static TableId token_table();

  /// Whether the store takes writes.
  Status Probe();

 private:
  HubData(NotebookLock lock, std::unique_ptr<RocksTableStore> store)
      : lock_(std::move(lock)), store_(std::move(store)) {}

  const NotebookLock lock_;  // first: given back after the store is closed
  const std::unique_ptr<RocksTableStore> store_;
};

}  // namespace contextsync

// OfflineNotebook: a notebook opened for one command, while no server has it.

#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/notebook/notebook.h"
#include "core/sync/sync_gate.h"
#include "server/app/system_clock.h"
#include "storage/rocks/file_high_water_mark.h"
#include "storage/rocks/notebook_lock.h"
#include "storage/rocks/rocks_table_store.h"

namespace contextsync {

class OfflineNotebook {
 public:
  /// Without a hub, versions are local and nothing is pending.
  /// Errors: kConflict while a process has it open; kNotFound when there is none; as opening it
  /// otherwise.
  static Result<std::unique_ptr<OfflineNotebook>> Open(const std::filesystem::path& data_dir,
                                                       const WorkspaceId& workspace,
                                                       bool has_hub = true);

  [[nodiscard]] Notebook& notebook() { return *notebook_; }

  /// Waits for nothing; its status is as old as the last sync with the hub at this address is now.
  /// Empty: of a notebook without a hub.
  [[nodiscard]] std::unique_ptr<SyncGate> GateOf(const std::string& hub);

 private:
  explicit OfflineNotebook(NotebookLock lock) : lock_(std::move(lock)) {}

  // In the order of opening; closed in reverse.
  NotebookLock lock_;
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<RocksTableStore> store_;
  std::unique_ptr<FileHighWaterMark> mark_;
  std::unique_ptr<Notebook> notebook_;
};

}  // namespace contextsync

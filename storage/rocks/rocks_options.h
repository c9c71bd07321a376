// RocksOptions: how a store is opened.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/base/limits.h"
#include "storage/rocks/disk_guard.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace contextsync {

struct RocksOptions {
  std::string directory;            // prepared by PrepareDirectory and locked by NotebookLock
  std::vector<std::string> tables;  // names by TableId; append only
  int max_open_files = 256;         // a process may serve many workspaces
  std::size_t block_cache_bytes = 32 * limits::kMiB;
  // All memtables together: also the most that reopening after a full disk has to flush.
  std::size_t write_buffer_bytes = 16 * limits::kMiB;
  // A copy that is looked at and thrown away: takes no reserve.
  bool is_scratch = false;
  // What repairs this kind of store; said where it refuses to open.
  std::string recover_command = "contextsync doctor --recover";
  // Tests put failing disks here.
  DiskProbe probe = &ProbeDisk;
  rocksdb::Env* env = nullptr;  // RocksDB's own; must outlive the store
};

}  // namespace contextsync

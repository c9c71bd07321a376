// StorePlace: where a notebook's or a hub's store lies, and how to reach the process that has it
// open.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "storage/rocks/rocks_options.h"

namespace contextsync {

struct StorePlace {
  std::string directory;  // of the database; its lock is beside it
  std::vector<std::string> tables;
  std::string socket_directory;
  std::string socket_name;
  std::string recover_command;
  std::size_t write_buffer_bytes = RocksOptions().write_buffer_bytes;

  [[nodiscard]] RocksOptions Options() const;
};

StorePlace NotebookPlace(const std::filesystem::path& data_dir, const WorkspaceId& workspace);
StorePlace HubPlace(const std::string& data_dir);

}  // namespace contextsync

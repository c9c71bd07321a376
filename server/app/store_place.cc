#include "server/app/store_place.h"

#include "core/base/limits.h"
#include "core/notebook/notebook.h"
#include "server/app/hub_data.h"
#include "server/app/notebook_host.h"
#include "server/hub/admin_socket.h"

namespace contextsync {

namespace {

// A process of every client of a person holds one: memory counts more than the rare flush.
constexpr std::size_t kNotebookWriteBuffer = 8 * limits::kMiB;

}  // namespace

RocksOptions StorePlace::Options() const {
  RocksOptions options;
  options.directory = directory;
  options.tables = tables;
  options.recover_command = recover_command;
  options.write_buffer_bytes = write_buffer_bytes;
  return options;
}

StorePlace NotebookPlace(const std::filesystem::path& data_dir, const WorkspaceId& workspace) {
  const std::filesystem::path directory = NotebookDirectory(data_dir, workspace);
  return {.directory = directory.string(),
          .tables = Notebook::TableNames(),
          .socket_directory = directory.parent_path().string(),
          .socket_name = directory.filename().string() + ".sock",
          .recover_command = "contextsync doctor --recover",
          .write_buffer_bytes = kNotebookWriteBuffer};
}

StorePlace HubPlace(const std::string& data_dir) {
  return {.directory = HubData::StoreDirectory(data_dir),
          .tables = HubData::TableNames(),
          .socket_directory = data_dir,
          .socket_name = std::string(AdminSocket::kName),
          .recover_command = "contextsync hub doctor --recover"};
}

}  // namespace contextsync

#include "server/app/store_place.h"

#include "core/notebook/notebook.h"
#include "server/app/hub_data.h"
#include "server/app/notebook_host.h"
#include "server/hub/admin_socket.h"

namespace contextsync {

RocksOptions StorePlace::Options() const {
  RocksOptions options;
  options.directory = directory;
  options.tables = tables;
  options.recover_command = recover_command;
  return options;
}

StorePlace NotebookPlace(const std::filesystem::path& data_dir, const WorkspaceId& workspace) {
  const std::filesystem::path directory = NotebookDirectory(data_dir, workspace);
  return {.directory = directory.string(),
          .tables = Notebook::TableNames(),
          .socket_directory = directory.parent_path().string(),
          .socket_name = directory.filename().string() + ".sock",
          .recover_command = "contextsync doctor --recover"};
}

StorePlace HubPlace(const std::string& data_dir) {
  return {.directory = HubData::StoreDirectory(data_dir),
          .tables = HubData::TableNames(),
          .socket_directory = data_dir,
          .socket_name = std::string(AdminSocket::kName),
          .recover_command = "contextsync hub doctor --recover"};
}

}  // namespace contextsync

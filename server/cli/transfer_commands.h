// `contextsync export` and `import` among the subcommands. Source: docs/transfer.md

#pragma once

#include "server/cli/export_command.h"
#include "server/cli/import_command.h"
#include "server/cli/read_commands.h"
#include "server/config/settings.h"

namespace contextsync {

/// Keeps what was typed while the arguments are read. Lifetime: both references must outlive it.
class TransferCommands {
 public:
  TransferCommands(const ReadCommands::Adder& add, const bool& json,
                   const SettingsSources& sources);
  TransferCommands(const TransferCommands&) = delete;
  TransferCommands& operator=(const TransferCommands&) = delete;

 private:
  void AddExport(const ReadCommands::Adder& add);
  void AddImport(const ReadCommands::Adder& add);

  const bool& json_;
  const SettingsSources& sources_;
  ExportArguments export_;
  ImportArguments import_;
};

}  // namespace contextsync

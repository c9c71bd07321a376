// The commands about a hub: hub with its backup, restore, verify and doctor; token.

#pragma once

#include <functional>
#include <string>

#include "server/cli/backup_command.h"
#include "server/cli/command_settings.h"
#include "server/cli/doctor_command.h"
#include "server/cli/token_command.h"

namespace contextsync {

// Options that a command on a notebook and the same one on a hub share.
void AddBackupDirectory(CLI::App& command, const std::string& meaning, BackupArguments& arguments);
void AddReplace(CLI::App& command, BackupArguments& arguments);
void AddDoctorOptions(CLI::App& command, DoctorArguments& arguments);

/// Keeps what the callbacks of these commands refer to while the arguments are read.
class HubCommands {
 public:
  /// Adds the commands to `app`; the one that was named is put into `run`.
  ///
  /// Lifetime: all references must outlive the commands.
  HubCommands(CLI::App& app, Typed& typed, std::function<int()>& run);
  HubCommands(const HubCommands&) = delete;
  HubCommands& operator=(const HubCommands&) = delete;

 private:
  void AddHub(CLI::App& app);
  void AddStore(CLI::App& hub);
  void AddDoctor(CLI::App& hub);
  CLI::App* AddOnHub(CLI::App& hub, const std::string& name, const std::string& meaning,
                     int (*run)(const HubSettings&, const BackupArguments&));

  void AddToken(CLI::App& app);
  CLI::App* AddTokenCommand(CLI::App& parent, const std::string& name, const std::string& meaning,
                            std::function<int()> run);
  int RunOnTokens(const std::function<int()>& run);

  Typed& typed_;
  std::function<int()>& run_;
  BackupArguments backup_;
  DoctorArguments doctor_;
  TokenCreateOptions create_;
  TokenListOptions list_;
  TokenRevokeOptions revoke_;
};

}  // namespace contextsync

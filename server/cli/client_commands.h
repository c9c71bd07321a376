// The commands about the programs that use the notebook: setup, hook, completion.

#pragma once

#include <functional>
#include <memory>

#include "server/config/settings.h"

namespace CLI {  // NOLINT(readability-identifier-naming): as the library has it
class App;
}

namespace contextsync {

/// Keeps what the callbacks of these commands refer to while the arguments are read.
class ClientCommands {
 public:
  /// Adds the commands to `app`; the one that was named is put into `run`.
  ///
  /// Lifetime: all references must outlive the commands.
  ClientCommands(CLI::App& app, const SettingsSources& sources, std::function<int()>& run);
  ~ClientCommands();

  ClientCommands(const ClientCommands&) = delete;
  ClientCommands& operator=(const ClientCommands&) = delete;

 private:
  struct Arguments;

  void AddSetup(CLI::App& app);
  void AddHook(CLI::App& app);
  void AddCompletion(CLI::App& app);

  const SettingsSources& sources_;
  std::function<int()>& run_;
  std::unique_ptr<Arguments> arguments_;
};

}  // namespace contextsync

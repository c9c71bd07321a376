// `contextsync status, watch, healthcheck`: how things stand now, and what happens next.

#pragma once

#include <functional>

#include "server/cli/health_command.h"
#include "server/cli/read_commands.h"
#include "server/cli/status_command.h"
#include "server/cli/watch_command.h"

namespace contextsync {

class LiveCommands {
 public:
  /// `add` adds a subcommand on the notebook that the settings name; `json`: whether its output is
  /// for programs.
  ///
  /// Lifetime: all references must outlive the commands.
  LiveCommands(CLI::App& app, const ReadCommands::Adder& add, const SettingsSources& sources,
               const bool& json, std::function<int()>& run);
  LiveCommands(const LiveCommands&) = delete;
  LiveCommands& operator=(const LiveCommands&) = delete;

 private:
  void AddStatus(const ReadCommands::Adder& add);
  void AddWatch(const ReadCommands::Adder& add);
  void AddHealthcheck(CLI::App& app);
  void AddHealthDirectory(CLI::App& command, const char* flag, const char* key,
                          const char* meaning);

  const SettingsSources& sources_;
  const bool& json_;
  std::function<int()>& run_;
  StatusArguments status_;
  WatchArguments watch_;
  HealthArguments health_;
  FlagValues directories_;  // of the health check
};

}  // namespace contextsync

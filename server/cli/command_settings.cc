#include "server/cli/command_settings.h"

#include <cstdio>

#include <CLI/CLI.hpp>

#include "server/cli/command_line.h"
#include "server/observe/log_setup.h"

namespace contextsync {

void AddSettings(CLI::App& command, ProgramRole role, Typed& typed) {
  for (const auto& field : FieldTable()) {
    if (field.flag.empty() || (field.role != role && field.role != ProgramRole::kBoth)) continue;
    const std::string key(field.key);
    const std::string flag(field.flag);
    const std::string meaning(field.meaning);
    if (field.is_switch) {
      command.add_flag_callback(
          flag, [&typed, key] { typed.sources.flags[key] = "true"; }, meaning);
    } else {
      command.add_option_function<std::string>(
          flag, [&typed, key](const std::string& value) { typed.sources.flags[key] = value; },
          meaning);
    }
  }
}

int Complain(const Error& error) {
  std::fprintf(stderr, "contextsync: %s\n", error.message().c_str());
  return error.code() == ErrorCode::kUnavailable ? kExitUnavailable : kExitUsage;
}

void Warn(const std::vector<std::string>& warnings) {
  for (const auto& warning : warnings)
    std::fprintf(stderr, "contextsync: %s\n", warning.c_str());
}

int OnNotebook(const Typed& typed, const std::function<int(const Settings&)>& run) {
  const auto settings = LoadSettings(typed.sources);
  if (!settings.ok()) return Complain(settings.error());
  SetUpLogging(settings.value().log_level);
  return run(settings.value());
}

int OnHub(const Typed& typed, const std::function<int(const HubSettings&)>& run) {
  const auto settings = LoadHubSettings(typed.sources);
  if (!settings.ok()) return Complain(settings.error());
  SetUpLogging(settings.value().log_level);
  return run(settings.value());
}

}  // namespace contextsync

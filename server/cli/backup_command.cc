#include "server/cli/backup_command.h"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "core/document/json.h"
#include "server/cli/answer.h"
#include "server/cli/command_line.h"
#include "server/cli/facts.h"
#include "server/upkeep/backup.h"

namespace contextsync {

namespace {

int ShowBackup(const Result<BackupDone>& backup, bool json) {
  if (!backup.ok()) return PrintFailure("backup", backup.error(), json);
  const BackupDone& done = backup.value();
  for (const std::string& problem : done.problems)
    std::fprintf(stderr, "contextsync: in the store: %s\n", problem.c_str());
  if (json) {
    PrintAnswer("backup", FactsJson(done.path, done.manifest.workspaces));
  } else {
    PrintFacts(done.path, done.manifest.workspaces);
  }
  return done.problems.empty() ? kExitDone : kExitFailed;
}

int ShowRestore(const Result<RestoreDone>& restore, bool json) {
  if (!restore.ok()) return PrintFailure("restore", restore.error(), json);
  const RestoreDone& done = restore.value();
  if (json) {
    Json data = FactsJson(done.path, done.workspaces);
    data["previous"] = done.previous.empty() ? Json() : Json(done.previous);
    PrintAnswer("restore", std::move(data));
  } else {
    PrintFacts(done.path, done.workspaces);
    if (!done.previous.empty()) std::printf("what was there: %s\n", done.previous.c_str());
  }
  return kExitDone;
}

RestoreOptions OptionsOf(const BackupArguments& arguments) {
  return {.replace = arguments.replace, .allow_old = arguments.allow_old};
}

}  // namespace

int RunBackup(const Settings& settings, const BackupArguments& arguments) {
  return ShowBackup(BackUpNotebook(settings.data_dir, settings.workspace, arguments.directory),
                    arguments.json);
}

int RunHubBackup(const HubSettings& settings, const BackupArguments& arguments) {
  return ShowBackup(BackUpHub(settings.data_dir.string(), arguments.directory), arguments.json);
}

int RunRestore(const Settings& settings, const BackupArguments& arguments) {
  return ShowRestore(RestoreNotebook(arguments.directory, settings.data_dir, settings.workspace,
                                     OptionsOf(arguments)),
                     arguments.json);
}

int RunHubRestore(const HubSettings& settings, const BackupArguments& arguments) {
  const auto restore =
      RestoreHub(arguments.directory, settings.data_dir.string(), OptionsOf(arguments));
  const int code = ShowRestore(restore, arguments.json);
  if (restore.ok()) {
    std::fprintf(stderr,
                 "contextsync: tokens are those of the backup: revoke again what was revoked since "
                 "(`contextsync token list`)\n");
  }
  return code;
}

}  // namespace contextsync

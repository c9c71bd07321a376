#include "server/cli/command_line.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/base/error.h"
#include "core/base/failpoint.h"
#include "server/cli/backup_command.h"
#include "server/cli/client_commands.h"
#include "server/cli/command_settings.h"
#include "server/cli/config_command.h"
#include "server/cli/daemon_command.h"
#include "server/cli/demo_command.h"
#include "server/cli/doctor_command.h"
#include "server/cli/hub_commands.h"
#include "server/cli/live_commands.h"
#include "server/cli/parked_command.h"
#include "server/cli/purge_command.h"
#include "server/cli/read_commands.h"
#include "server/cli/serve_command.h"
#include "server/cli/setup_command.h"
#include "server/cli/sync_command.h"
#include "server/cli/transfer_commands.h"
#include "server/cli/verify_command.h"
#include "server/cli/version_command.h"
#include "server/config/environment.h"
#include "server/config/settings.h"
#include "server/observe/log_setup.h"

namespace contextsync {

namespace {

int Serve(const Typed& typed) {
  auto settings = LoadSettings(typed.sources);
  if (!settings.ok()) return Complain(settings.error());
  SetUpLogging(settings.value().log_level);
  Warn(settings.value().warnings);
  return RunServe(settings.value(),
                  ProjectDirectory(typed.sources.environment, typed.sources.working_directory));
}

int Parked(const Typed& typed, ParkedOptions options) {
  options.json = typed.json;
  return OnNotebook(typed,
                    [&options](const Settings& settings) { return RunParked(settings, options); });
}

int ListFailpoints() {
  for (const std::string_view name : FailpointNames())
    std::printf("%.*s\n", static_cast<int>(name.size()), name.data());
  return kExitDone;
}

/// Owns what the callbacks of the subcommands refer to while the arguments are read.
class CommandLine {
 public:
  CommandLine() {
    typed_.sources.environment = ProcessEnvironment();
    std::error_code ignored;
    typed_.sources.working_directory = std::filesystem::current_path(ignored);
    app_.require_subcommand(0, 1);
    app_.fallthrough(false);
    AddSettings(app_, ProgramRole::kNotebook, typed_);
    AddNotebookCommands();
    AddReadCommands();
    AddStoreCommands();
    AddSyncCommand();
    AddParkedCommands();
    AddPurgeCommand();
    hub_commands_ = std::make_unique<HubCommands>(app_, typed_, run_);
    AddDoctorCommand();
    client_commands_ = std::make_unique<ClientCommands>(app_, typed_.sources, run_);
  }

  int Run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app_.exit(error) == 0 ? kExitDone : kExitUsage;
    }
    if (run_) return run_();
    if (isatty(STDIN_FILENO) == 0) return Serve(typed_);
    std::fputs(app_.help().c_str(), stdout);
    return kExitUsage;
  }

 private:
  CLI::App* Add(const std::string& name, const std::string& meaning, std::function<int()> run) {
    auto* command = app_.add_subcommand(name, meaning);
    command->callback([this, run = std::move(run)] { run_ = run; });
    return command;
  }

  CLI::App* AddOnNotebook(const std::string& name, const std::string& meaning,
                          int (*run)(const Settings&, const BackupArguments&)) {
    auto* command = Add(name, meaning, [this, run] {
      backup_.json = typed_.json;
      return OnNotebook(typed_, [&](const Settings& found) { return run(found, backup_); });
    });
    command->add_flag("--json", typed_.json, "As one JSON object");
    AddSettings(*command, ProgramRole::kNotebook, typed_);
    return command;
  }

  void AddStoreCommands() {
    auto* backup = AddOnNotebook(
        "backup", "Write a copy of the notebook to a new directory; works while it is open",
        &RunBackup);
    AddBackupDirectory(*backup, "Where to: missing or empty", backup_);
    auto* restore = AddOnNotebook("restore", "Put a backup of the notebook in place", &RunRestore);
    AddBackupDirectory(*restore, "A directory that `backup` wrote", backup_);
    AddReplace(*restore, backup_);
    AddOnNotebook("verify", "Read the whole notebook and print the hash of its state",
                  [](const Settings& settings, const BackupArguments& arguments) {
                    return RunVerify(settings, arguments.json);
                  });
  }

  void AddDoctorCommand() {
    auto* doctor = Add("doctor", "Look at everything a notebook needs and say what helps", [this] {
      const auto settings = LoadSettings(typed_.sources);
      if (!settings.ok()) return ShowSettingsFault(settings.error(), doctor_);
      SetUpLogging(settings.value().log_level);
      return RunDoctor(settings.value(),
                       PlacesHere(typed_.sources.environment, typed_.sources.working_directory),
                       doctor_);
    });
    AddDoctorOptions(*doctor, doctor_);
    AddSettings(*doctor, ProgramRole::kNotebook, typed_);
  }

  void AddReadCommands() {
    const auto add = [this](const std::string& name, const std::string& meaning,
                            ReadCommands::Run run) {
      auto* command =
          Add(name, meaning, [this, run = std::move(run)] { return OnNotebook(typed_, run); });
      command->add_flag("--json", typed_.json, "As the tool answers, one JSON object");
      AddSettings(*command, ProgramRole::kNotebook, typed_);
      return command;
    };
    reads_ = std::make_unique<ReadCommands>(add, typed_.json);
    live_ = std::make_unique<LiveCommands>(app_, add, typed_.sources, typed_.json, run_);
    transfers_ = std::make_unique<TransferCommands>(add, typed_.json, typed_.sources);
  }

  void AddSyncCommand() {
    auto* sync = Add("sync", "Exchange everything with the hub, once", [this] {
      sync_.json = typed_.json;
      return OnNotebook(typed_, [this](const Settings& found) { return RunSync(found, sync_); });
    });
    sync->add_option("--timeout", sync_.timeout_seconds, "Seconds to try; default 30")
        ->check(CLI::Range(1, 600));
    sync->add_flag("--adopt-hub", sync_.adopt_hub,
                   "The hub is another one than before, and this notebook goes to it");
    sync->add_flag("--json", typed_.json, "As one JSON object");
    AddSettings(*sync, ProgramRole::kNotebook, typed_);
  }

  void AddNotebookCommands() {
    auto* serve = Add("serve", "MCP server on standard input and output (the default there)",
                      [this] { return Serve(typed_); });
    AddSettings(*serve, ProgramRole::kNotebook, typed_);

    auto* daemon =
        Add("daemon", "Keep the notebook open and synchronised without a client", [this] {
          return OnNotebook(typed_,
                            [this](const Settings& found) { return RunDaemon(found, daemon_); });
        });
    daemon->add_flag("--until-drained", daemon_.until_drained,
                     "End once the hub has everything, or when another process wants the notebook");
    AddSettings(*daemon, ProgramRole::kNotebook, typed_);

    auto* config = app_.add_subcommand("config", "Settings and where they come from");
    config->require_subcommand(1);
    auto* show = config->add_subcommand("show", "Print every setting");
    show->add_flag("--origin", show_origin_, "With the place each value came from");
    show->add_flag("--json", typed_.json, "As one JSON object");
    AddSettings(*show, ProgramRole::kNotebook, typed_);
    show->callback([this] {
      run_ = [this] { return ShowConfig(typed_.sources, show_origin_, typed_.json); };
    });

    auto* demo = Add(
        "demo",
        "Show the whole path: hub, two agents, an outage, a kill, and the same notebook in the end",
        [this] { return RunDemo(typed_.json); });
    demo->add_flag("--json", typed_.json, "Only the checks, as one JSON object");

    auto* version = Add("version", "Version, protocol and MCP revisions",
                        [this] { return ShowVersion(typed_.json); });
    version->add_flag("--json", typed_.json, "As one JSON object");

    // For tests alone (docs/testing.md#failpoints), so help does not offer it.
    Add("failpoints", "Print the names of all failpoints", &ListFailpoints)->group("");
  }

  void AddPurgeCommand() {
    auto* purge =
        Add("purge", "Take a value that should never have been stored out of everything", [this] {
          purge_.json = typed_.json;
          return OnNotebook(typed_,
                            [this](const Settings& found) { return RunPurge(found, purge_); });
        });
    purge->add_option("level", purge_.level, "global, project, branch or task")
        ->required()
        ->check(CLI::IsMember({"global", "project", "branch", "task"}));
    purge->add_option("id", purge_.id, "Its id")->required();
    purge->add_option("path", purge_.path, "JSON Pointer: what is at and below it goes")
        ->required();
    purge->add_option("--reason", purge_.reason, "Why, for the history; not the value");
    purge
        ->add_option("--timeout", purge_.timeout_seconds, "Seconds to wait for the hub; default 30")
        ->check(CLI::Range(1, 600));
    purge->add_flag("--yes", purge_.is_sure, "Do it; else only say what it would touch");
    purge->add_flag("--json", typed_.json, "As one JSON object");
    AddSettings(*purge, ProgramRole::kNotebook, typed_);
  }

  void AddParkedCommands() {
    auto* parked = app_.add_subcommand("parked", "Writes the hub refused for good");
    parked->require_subcommand(0, 1);
    parked->add_flag("--json", typed_.json, "As one JSON object");
    AddSettings(*parked, ProgramRole::kNotebook, typed_);
    parked->callback([this] {
      if (!run_) run_ = [this] { return Parked(typed_, parked_); };
    });
    AddParkedCommand(*parked, "list", "List them (the default)", ParkedAction::kList);
    AddParkedCommand(*parked, "retry", "Send one again", ParkedAction::kRetry);
    AddParkedCommand(*parked, "export", "Print one with its content", ParkedAction::kExport);
    AddParkedCommand(*parked, "discard", "Forget one for good", ParkedAction::kDiscard)
        ->add_flag("--yes", parked_.is_sure, "Yes, for good");
  }

  CLI::App* AddParkedCommand(CLI::App& parent, const std::string& name, const std::string& meaning,
                             ParkedAction action) {
    auto* command = parent.add_subcommand(name, meaning);
    command->add_flag("--json", typed_.json, "As one JSON object");
    AddSettings(*command, ProgramRole::kNotebook, typed_);
    if (action != ParkedAction::kList)
      command->add_option("n", parked_.n, "Its number, as listed")->required();
    command->callback([this, action] {
      parked_.action = action;
      run_ = [this] { return Parked(typed_, parked_); };
    });
    return command;
  }

  CLI::App app_{"contextsync: the notebook that AI agents share", "contextsync"};
  Typed typed_;
  BackupArguments backup_;
  SyncArguments sync_;
  DaemonArguments daemon_;
  DoctorArguments doctor_;
  ParkedOptions parked_;
  PurgeArguments purge_;
  std::unique_ptr<ReadCommands> reads_;
  std::unique_ptr<LiveCommands> live_;
  std::unique_ptr<TransferCommands> transfers_;
  bool show_origin_ = false;
  std::function<int()> run_;
  std::unique_ptr<HubCommands> hub_commands_;
  std::unique_ptr<ClientCommands> client_commands_;
};

}  // namespace

int RunCommandLine(int argc, char** argv) {
  if (const auto wanted = ReadVariable(ProcessEnvironment(), "CONTEXTSYNC_FAILPOINT")) {
    const Status armed = ArmFailpoint(*wanted);
    if (!armed.ok()) return Complain(armed.error());
  }
  return CommandLine().Run(argc, argv);
}

}  // namespace contextsync

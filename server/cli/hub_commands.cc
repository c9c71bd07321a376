#include "server/cli/hub_commands.h"

#include <utility>

#include <CLI/CLI.hpp>

#include "server/cli/hub_command.h"
#include "server/cli/verify_command.h"

namespace contextsync {

void AddBackupDirectory(CLI::App& command, const std::string& meaning, BackupArguments& arguments) {
  command.add_option("directory", arguments.directory, meaning)->required();
}

void AddReplace(CLI::App& command, BackupArguments& arguments) {
  command.add_flag("--replace", arguments.replace,
                   "Put it in place of what is there, which is kept beside it");
}

void AddDoctorOptions(CLI::App& command, DoctorArguments& arguments) {
  command.add_flag("--fix", arguments.fix,
                   "Withdraw rights of others, remove what interrupted commands left");
  command.add_flag("--recover", arguments.recover,
                   "Make a damaged store usable again; its files are kept aside first");
  command.add_flag("--json", arguments.json, "As one JSON object");
}

HubCommands::HubCommands(CLI::App& app, Typed& typed, std::function<int()>& run)
    : typed_(typed), run_(run) {
  AddHub(app);
  AddToken(app);
}

void HubCommands::AddHub(CLI::App& app) {
  auto* hub = app.add_subcommand("hub", "Run the hub that notebooks synchronise with");
  hub->require_subcommand(0, 1);
  AddSettings(*hub, ProgramRole::kHub, typed_);
  AddStore(*hub);
  AddDoctor(*hub);
  // Called after that of the subcommand, if there is one.
  hub->callback([this] {
    if (run_) return;
    run_ = [this] {
      return OnHub(typed_, [](const HubSettings& settings) {
        Warn(settings.warnings);
        return RunHub(settings);
      });
    };
  });
}

void HubCommands::AddStore(CLI::App& hub) {
  auto* backup =
      AddOnHub(hub, "backup", "Write a copy of the hub to a new directory; works while it runs",
               &RunHubBackup);
  AddBackupDirectory(*backup, "Where to: missing or empty", backup_);
  auto* restore = AddOnHub(hub, "restore", "Put a backup of the hub in place", &RunHubRestore);
  AddBackupDirectory(*restore, "A directory that `hub backup` wrote", backup_);
  AddReplace(*restore, backup_);
  restore->add_flag("--allow-old", backup_.allow_old,
                    "Also a backup from before what deletions are remembered for");
  AddOnHub(hub, "verify", "Read the whole hub and print the hash of each workspace's state",
           [](const HubSettings& settings, const BackupArguments& arguments) {
             return RunHubVerify(settings, arguments.json);
           });
}

void HubCommands::AddDoctor(CLI::App& hub) {
  auto* doctor = hub.add_subcommand("doctor", "Look at the hub's directory and say what helps");
  AddDoctorOptions(*doctor, doctor_);
  AddSettings(*doctor, ProgramRole::kHub, typed_);
  doctor->callback([this] {
    run_ = [this] {
      return OnHub(typed_,
                   [this](const HubSettings& found) { return RunHubDoctor(found, doctor_); });
    };
  });
}

CLI::App* HubCommands::AddOnHub(CLI::App& hub, const std::string& name, const std::string& meaning,
                                int (*run)(const HubSettings&, const BackupArguments&)) {
  auto* command = hub.add_subcommand(name, meaning);
  command->callback([this, run] {
    run_ = [this, run] {
      backup_.json = typed_.json;
      return OnHub(typed_, [&](const HubSettings& found) { return run(found, backup_); });
    };
  });
  command->add_flag("--json", typed_.json, "As one JSON object");
  AddSettings(*command, ProgramRole::kHub, typed_);
  return command;
}

void HubCommands::AddToken(CLI::App& app) {
  auto* token = app.add_subcommand("token", "Tokens of a hub; works while it runs");
  token->require_subcommand(1);
  auto* create = AddTokenCommand(*token, "create", "Create a token and print it, this once",
                                 [this] { return RunTokenCreate(create_); });
  create
      ->add_option("--workspace", create_.workspace,
                   "What it opens; comes into being with its first token")
      ->required();
  create->add_option("--role", create_.role, "read, write or admin; default write");
  create->add_option("--name", create_.name, "Whose it is: the author beside every change")
      ->required();
  create->add_option("--days", create_.days, "Days until it expires, at most 365");
  AddTokenCommand(*token, "list", "List tokens, without their secrets",
                  [this] { return RunTokenList(list_); });
  auto* revoke = AddTokenCommand(*token, "revoke", "Revoke a token",
                                 [this] { return RunTokenRevoke(revoke_); });
  revoke->add_option("id", revoke_.id, "Its id, as listed")->required();
}

CLI::App* HubCommands::AddTokenCommand(CLI::App& parent, const std::string& name,
                                       const std::string& meaning, std::function<int()> run) {
  auto* command = parent.add_subcommand(name, meaning);
  AddSettings(*command, ProgramRole::kHub, typed_);
  command->add_flag("--json", typed_.json, "As one JSON object");
  command->callback(
      [this, run = std::move(run)] { run_ = [this, run] { return RunOnTokens(run); }; });
  return command;
}

int HubCommands::RunOnTokens(const std::function<int()>& run) {
  const auto settings = LoadHubSettings(typed_.sources);
  if (!settings.ok()) return Complain(settings.error());
  create_.data_dir = list_.data_dir = revoke_.data_dir = settings.value().data_dir.string();
  create_.json = list_.json = revoke_.json = typed_.json;
  return run();
}

}  // namespace contextsync

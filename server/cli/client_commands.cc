#include "server/cli/client_commands.h"

#include <cstdio>

#include <CLI/CLI.hpp>

#include "server/cli/command_line.h"
#include "server/cli/completion.h"
#include "server/cli/hook_command.h"
#include "server/cli/setup_command.h"
#include "server/clients/client_table.h"

namespace contextsync {

struct ClientCommands::Arguments {
  SetupArguments setup;
  std::string hook_client;
  std::string completion_form;
};

ClientCommands::ClientCommands(CLI::App& app, const SettingsSources& sources,
                               std::function<int()>& run)
    : sources_(sources), run_(run), arguments_(std::make_unique<Arguments>()) {
  AddSetup(app);
  AddHook(app);
  AddCompletion(app);
}

ClientCommands::~ClientCommands() = default;

void ClientCommands::AddSetup(CLI::App& app) {
  SetupArguments& setup = arguments_->setup;
  auto* command = app.add_subcommand("setup", "Connect a client with this program, or part them");
  command->add_option("client", setup.options.client, "One of " + ClientNames())->required();
  command->add_flag("--user", setup.is_user, "In the user's own files (the default)");
  command->add_flag("--project", setup.options.is_project,
                    "In the files of this repository, which a team commits");
  command->add_flag("--with-hooks", setup.options.with_hooks,
                    "Also hooks that record what an agent reads, changes and tests");
  command->add_flag("--with-statusline", setup.options.with_statusline,
                    "Also a status line that shows how the notebook stands (claude)");
  command->add_flag("--with-instructions", setup.options.with_instructions,
                    "Also five lines in CLAUDE.md, AGENTS.md or GEMINI.md");
  command->add_flag("--print", setup.is_print, "Only print what belongs into the files");
  command->add_flag("--dry-run", setup.options.is_dry_run, "Only say what would be changed");
  command->add_flag("--remove", setup.options.is_removal, "Take everything of ours out again");
  command->add_flag("--json", setup.json, "As one JSON object");
  command->callback([this] {
    run_ = [this] {
      return RunSetup(arguments_->setup, sources_.environment, sources_.working_directory);
    };
  });
}

void ClientCommands::AddHook(CLI::App& app) {
  auto* command = app.add_subcommand("hook", "Record an event of a client; started by its hooks");
  command->add_option("client", arguments_->hook_client, "claude, codex, cursor or gemini")
      ->required();
  command->callback(
      [this] { run_ = [this] { return RunHook(arguments_->hook_client, sources_); }; });
}

void ClientCommands::AddCompletion(CLI::App& app) {
  auto* command = app.add_subcommand("completion", "Print what a shell needs to complete commands");
  command->add_option("form", arguments_->completion_form, "bash, zsh, fish, or man: a manual page")
      ->required();
  command->callback([this, &app] {
    run_ = [this, &app] {
      const auto text = CompletionFor(arguments_->completion_form, DescribeCommands(app));
      if (text.empty()) {
        std::fputs("contextsync: it may be bash, zsh, fish or man\n", stderr);
        return kExitUsage;
      }
      std::fputs(text.c_str(), stdout);
      return kExitDone;
    };
  });
}

}  // namespace contextsync

#include "server/cli/live_commands.h"

#include <utility>

namespace contextsync {

LiveCommands::LiveCommands(CLI::App& app, const ReadCommands::Adder& add,
                           const SettingsSources& sources, const bool& json,
                           std::function<int()>& run)
    : sources_(sources), json_(json), run_(run) {
  AddStatus(add);
  AddWatch(add);
  AddHealthcheck(app);
}

void LiveCommands::AddStatus(const ReadCommands::Adder& add) {
  auto* command =
      add("status", "How the notebook stands; exits with 0, 1 or 2: green, yellow, red",
          [this](const Settings& found) {
            status_.json = json_;
            return RunStatus(
                found, ProjectDirectory(sources_.environment, sources_.working_directory), status_);
          });
  auto* watch = command->add_flag("--watch", status_.watch,
                                  "Again and again until stopped; off a terminal, what changed");
  command
      ->add_flag("--statusline", status_.statusline,
                 "One short line for a client's status bar; never fails, opens nothing")
      ->excludes(watch);
}

void LiveCommands::AddWatch(const ReadCommands::Adder& add) {
  auto* command =
      add("watch", "What other agents change, one change a line, until stopped",
          [this](const Settings& found) {
            watch_.json = json_;
            return RunWatch(
                found, ProjectDirectory(sources_.environment, sources_.working_directory), watch_);
          });
  command->add_option("level", watch_.level, "global, project, branch or task; default: all")
      ->check(CLI::IsMember({"global", "project", "branch", "task"}));
  command->add_option("id", watch_.id, "Only this context");
  command->add_option("--since", watch_.since,
                      "Also what came after this version or time; default: from now on");
}

void LiveCommands::AddHealthcheck(CLI::App& app) {
  auto* command =
      app.add_subcommand("healthcheck", "Exit with 0 if the running hub or server is well");
  command->add_option("what", health_.what, "hub or notebook; default: the hub where there is one")
      ->check(CLI::IsMember({"hub", "notebook"}));
  command->add_flag("--json", health_.json, "As one JSON object");
  AddHealthDirectory(*command, "--hub-data-dir", "hub_data_dir", "Directory of the hub");
  AddHealthDirectory(*command, "--data-dir", "data_dir", "Directory of the notebooks");
  AddHealthDirectory(*command, "--workspace", "workspace", "Which notebook");
  command->callback([this] {
    run_ = [this] {
      SettingsSources sources = sources_;
      sources.flags.insert(directories_.begin(), directories_.end());
      return RunHealthcheck(sources, health_);
    };
  });
}

void LiveCommands::AddHealthDirectory(CLI::App& command, const char* flag, const char* key,
                                      const char* meaning) {
  command.add_option_function<std::string>(
      flag, [this, key](const std::string& value) { directories_[key] = value; }, meaning);
}

}  // namespace contextsync

#include "server/cli/notebook_options.h"

#include <memory>

#include "server/config/branch_watch.h"
#include "server/config/git_identity.h"

namespace contextsync {

HubConnectionOptions HubConnectionFrom(const Settings& settings) {
  return {.hub = settings.hub,
          .token = settings.token,
          .token_file = settings.token_file,
          .workspace = settings.workspace,
          .agent = settings.agent,
          .build = CONTEXTSYNC_VERSION};
}

SharedNotebookOptions NotebookOptionsFrom(const Settings& settings,
                                          const std::filesystem::path& project_directory) {
  const auto git = ReadGitIdentity(project_directory);
  SharedNotebookOptions options;
  options.host = {.data_dir = settings.data_dir, .connection = HubConnectionFrom(settings)};
  options.identity.agent = settings.agent;
  options.identity.workspace = settings.workspace.value;
  options.identity.hub = settings.hub;
  options.identity.project = git.project;
  options.identity.branch = git.branch;
  options.branch = [watch = std::make_shared<BranchWatch>(project_directory)] {
    return watch->Now();
  };
  if (!settings.task.empty()) options.identity.task = settings.task;
  return options;
}

}  // namespace contextsync

#include "server/clients/client_survey.h"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "server/clients/careful_file.h"
#include "server/clients/hook_entries.h"
#include "server/clients/jsonc_edit.h"
#include "server/clients/toml_edit.h"

namespace contextsync {

namespace {

using std::filesystem::path;

bool IsProgram(const path& file) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0;
}

/// As a shell finds it; nothing when it does not.
std::optional<path> FindProgram(const std::string& command, const Environment& environment) {
  if (command.find('/') != std::string::npos)
    return IsProgram(command) ? std::optional<path>(command) : std::nullopt;
  const std::string all =
      ReadVariable(environment, "PATH").value_or("/usr/local/bin:/usr/bin:/bin");
  for (std::string_view directories = all; !directories.empty();) {
    const std::size_t end = std::min(directories.find(':'), directories.size());
    const path file = path(directories.substr(0, end)) / command;
    if (IsProgram(file)) return file;
    directories.remove_prefix(std::min(end + 1, directories.size()));
  }
  return std::nullopt;
}

/// What stands under `command` in our entry; nothing where there is no entry.
Result<std::optional<std::string>> CommandIn(const std::string& text, const ClientInfo& client) {
  const std::string key(client.top_key);
  if (client.form == ClientFileForm::kToml)
    return TomlTextAt(text, key + "." + kServerName, "command");
  CONTEXTSYNC_ASSIGN_OR_RETURN(const JsoncEdit edit, JsoncEdit::Open(text));
  const auto entry = edit.Get({key, kServerName});
  if (!entry.is_object()) return std::optional<std::string>();
  const auto command = entry.find("command");
  const bool is_text = command != entry.end() && command->is_string();
  return std::optional(is_text ? command->get<std::string>() : std::string());
}

bool HasHooks(const path& file, const ClientInfo& client) {
  if (client.hook_form == HookForm::kNone) return false;
  const auto text = ReadWhole(file);
  if (!text.ok() || !text.value()) return false;
  const auto without = TakeHooks(*text.value(), client);
  return without.ok() && without.value() != *text.value();
}

class Surveyor {
 public:
  explicit Surveyor(const SetupPlaces& places) : places_(places) {}

  std::vector<ClientFinding> Run() && {
    for (const ClientInfo& client : ClientTable()) {
      const auto file = UserPathOf(client.user_file, places_.environment);
      const auto hooks = UserPathOf(client.user_hooks, places_.environment);
      if (file.ok() && hooks.ok()) Look(client, false, file.value(), hooks.value());
      if (!client.project_file.empty())
        Look(client, true, places_.project / client.project_file,
             places_.project / client.project_hooks);
    }
    return std::move(findings_);
  }

 private:
  void Look(const ClientInfo& client, bool is_project, const path& file, const path& hooks) {
    const bool is_seen = is_project && !findings_.empty() && findings_.back().file == file;
    const auto text = ReadWhole(file);
    if (is_seen || (text.ok() && !text.value())) return;
    ClientFinding finding;
    finding.client = &client;
    finding.is_project = is_project;
    finding.file = file;
    const auto command = text.ok() ? CommandIn(*text.value(), client)
                                   : Result<std::optional<std::string>>(text.error());
    if (!command.ok()) {
      // A broken file that never heard of us is somebody else's business.
      const bool is_ours = !text.ok() || text.value()->find(kServerName) != std::string::npos;
      if (!is_ours) return;
      finding.problem = command.error().message();
    } else if (!command.value()) {
      return;
    } else {
      Judge(*command.value(), finding);
      finding.has_hooks = HasHooks(hooks, client);
    }
    findings_.push_back(std::move(finding));
  }

  void Judge(const std::string& command, ClientFinding& finding) const {
    finding.command = command;
    const auto program = FindProgram(command, places_.environment);
    finding.is_there = program.has_value();
    std::error_code ignored;
    finding.is_this_program =
        program && std::filesystem::equivalent(*program, places_.program, ignored);
  }

  const SetupPlaces& places_;
  std::vector<ClientFinding> findings_;
};

}  // namespace

std::vector<ClientFinding> SurveyClients(const SetupPlaces& places) {
  return Surveyor(places).Run();
}

}  // namespace contextsync

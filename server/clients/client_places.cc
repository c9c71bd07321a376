#include "server/clients/client_places.h"

#include <string>

namespace contextsync {

namespace {

using std::filesystem::path;

Result<path> HomeOf(ClientHome home, const Environment& environment) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const path user, HomeDirectory(environment));
  const auto named = [&](const char* variable) {
    const path found = ReadVariable(environment, variable).value_or("");
    return found.is_absolute() ? found : path();
  };
  if (home == ClientHome::kConfig) {
    const path config = named("XDG_CONFIG_HOME");
    return config.empty() ? user / ".config" : config;
  }
  if (home == ClientHome::kClaude) return named("CLAUDE_CONFIG_DIR").empty() ? user : path();
  if (home == ClientHome::kCodex) return named("CODEX_HOME").empty() ? user : path();
  return user;
}

}  // namespace

Result<path> UserPathOf(const UserFile& file, const Environment& environment) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const path home, HomeOf(file.home, environment));
  if (!home.empty()) return home / file.path;
  // The client was told to keep all its files in one directory.
  const bool is_claude = file.home == ClientHome::kClaude;
  const path own = *ReadVariable(environment, is_claude ? "CLAUDE_CONFIG_DIR" : "CODEX_HOME");
  return own / path(file.path).filename();
}

}  // namespace contextsync

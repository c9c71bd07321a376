#include "server/config/environment.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace contextsync {

namespace {

using std::filesystem::path;

std::optional<path> AbsolutePath(const Environment& environment, const std::string& name) {
  const std::optional<std::string> value = ReadVariable(environment, name);
  if (!value || path(*value).is_relative()) return std::nullopt;
  return path(*value);
}

std::optional<path> HomeOfUserDatabase() {
  constexpr std::size_t kEntryBytes = 16'384;  // far above sysconf(_SC_GETPW_R_SIZE_MAX) on Linux
  std::array<char, kEntryBytes> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  const int failed = getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found);
  if (failed != 0 || found == nullptr) return std::nullopt;
  const path home(found->pw_dir);
  return home.is_absolute() ? std::optional(home) : std::nullopt;
}

Result<path> XdgDirectory(const Environment& environment, const std::string& variable,
                          const path& below_home) {
  if (const auto named = AbsolutePath(environment, variable)) return *named / "contextsync";
  CONTEXTSYNC_ASSIGN_OR_RETURN(const path home, HomeDirectory(environment));
  return home / below_home / "contextsync";
}

}  // namespace

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this program calls setenv.
    const char* const value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

std::optional<std::string> ReadVariable(const Environment& environment, const std::string& name) {
  std::optional<std::string> value = environment(name);
  return value && !value->empty() ? value : std::nullopt;
}

Result<path> HomeDirectory(const Environment& environment) {
  if (const auto home = AbsolutePath(environment, "HOME")) return *home;
  if (const auto home = HomeOfUserDatabase()) return *home;
  return Error(ErrorCode::kNotFound,
               "no home directory: HOME is unset and the user database names none; set HOME or "
               "CONTEXTSYNC_DATA_DIR");
}

Result<path> DefaultDataDirectory(const Environment& environment) {
  return XdgDirectory(environment, "XDG_DATA_HOME", ".local/share");
}

path ProjectDirectory(const Environment& environment, const path& working_directory) {
  const auto named = AbsolutePath(environment, "CLAUDE_PROJECT_DIR");
  std::error_code ignored;
  return named && std::filesystem::is_directory(*named, ignored) ? *named : working_directory;
}

Result<path> UserConfigFile(const Environment& environment) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const path directory,
                               XdgDirectory(environment, "XDG_CONFIG_HOME", ".config"));
  return directory / "config.toml";
}

}  // namespace contextsync

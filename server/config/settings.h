// Settings: what the user asked for, where each value came from, and why a value was refused.
// Precedence: flag > environment > repository file (workspace only) > config.toml > default.
// Source: docs/operations.md#settings

#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/base/log.h"
#include "core/base/result.h"
#include "server/config/environment.h"
#include "server/config/field_table.h"

namespace contextsync {

enum class Origin { kDefault, kFile, kRepository, kEnvironment, kFlag };

/// "default", "file", "repository", "environment", "flag".
std::string_view ToString(Origin origin);

/// One value as text and its source.
struct Setting {
  std::string value;
  Origin origin = Origin::kDefault;
  std::string source;  // for people: "--hub", "CONTEXTSYNC_HUB",
                       // "/home/a/.config/contextsync/config.toml line 3"

  [[nodiscard]] bool IsSet() const { return !value.empty(); }
};

/// Flag values by Field::key, as the command line gave them; a switch that is on is "true".
using FlagValues = std::map<std::string, std::string, std::less<>>;

struct SettingsSources {
  FlagValues flags;
  Environment environment;
  std::filesystem::path working_directory;  // relative paths start here
};

/// Settings of a process with a notebook, all validated.
struct Settings {
  std::filesystem::path data_dir;  // absolute
  std::string hub;                 // without a trailing slash; empty: local only
  WorkspaceId workspace;
  std::string agent;                 // empty: the client's own name
  std::string token;                 // from `token`, else read from `token_file`; empty: none
  std::filesystem::path token_file;  // where it was read from; empty: it cannot change
  std::string task;                  // empty: none
  bool no_drain = false;             // what is pending at the end waits for the next start
  LogLevel log_level = LogLevel::kWarning;

  std::map<std::string, Setting, std::less<>>
      shown;                          // by Field::key, for `config show`; secrets are "***"
  std::vector<std::string> warnings;  // to tell the user, none of them fatal
};

/// Settings of a hub, all validated.
struct HubSettings {
  std::string address;  // numeric or a name, without brackets
  std::uint16_t port = 0;
  std::vector<std::string> allowed_hosts;  // lower case, without port
  std::filesystem::path data_dir;          // absolute
  std::chrono::hours keep_feed{};
  bool no_auth = false;
  LogLevel log_level = LogLevel::kWarning;

  std::map<std::string, Setting, std::less<>> shown;
  std::vector<std::string> warnings;
};

/// Errors: kInvalidArgument for the first refused value; the message names setting, source and
/// remedy. kNotFound
///         when a default needs a home directory and there is none. kUnavailable when a file cannot
///         be read.
Result<Settings> LoadSettings(const SettingsSources& sources);
Result<HubSettings> LoadHubSettings(const SettingsSources& sources);

}  // namespace contextsync

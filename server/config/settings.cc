#include "server/config/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/base/limits.h"
#include "core/document/context_ref.h"
#include "server/config/hub_url.h"
#include "server/config/resolve.h"
#include "server/config/token_file.h"

namespace contextsync {

namespace {

using std::filesystem::path;

constexpr std::size_t kWorkspaceBytes = 128;  // it stands in a URL
constexpr std::array<std::string_view, 5> kOriginNames{"default", "file", "repository",
                                                       "environment", "flag"};

/// Turns raw texts into checked values and says which setting was at fault.
class Validator {
 public:
  Validator(const SettingsSources& sources, ResolvedFields fields)
      : sources_(sources), fields_(std::move(fields)) {}

  [[nodiscard]] const Setting& Get(std::string_view key) const {
    return fields_.values.find(key)->second;
  }

  /// "hub (CONTEXTSYNC_HUB): must begin with …"
  [[nodiscard]] Error Refuse(std::string_view key, const Error& why) const {
    return {why.code(), std::string(key) + " (" + Get(key).source + "): " + why.message()};
  }
  [[nodiscard]] Error Refuse(std::string_view key, std::string why) const {
    return Refuse(key, Error(ErrorCode::kInvalidArgument, std::move(why)));
  }

  /// The path of a setting, absolute; `fallback` when it is not set.
  Result<path> Path(std::string_view key, const Result<path>& fallback) {
    Setting& setting = fields_.values.find(key)->second;
    if (!setting.IsSet()) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(const path standard, fallback);
      setting.value = standard.string();
    }
    path value(setting.value);
    if (setting.value == "~" || setting.value.starts_with("~/")) {
      const auto home = HomeDirectory(sources_.environment);
      if (!home.ok()) return Refuse(key, home.error());
      value = home.value() / path(setting.value).lexically_relative("~");
    }
    value = (sources_.working_directory / value).lexically_normal();
    setting.value = value.string();
    return value;
  }

  [[nodiscard]] Result<bool> Switch(std::string_view key) const {
    const std::string& value = Get(key).value;
    if (value == "true" || value == "1") return true;
    if (value == "false" || value == "0") return false;
    return Refuse(key, "'" + value + "' is neither true nor false");
  }

  [[nodiscard]] Result<LogLevel> Level() const {
    const auto level = ParseLogLevel(Get("log_level").value);
    if (level) return *level;
    return Refuse("log_level",
                  "'" + Get("log_level").value + "' is none of debug, info, warning, error, off");
  }

  /// Every value for people, secrets hidden.
  void Show(std::map<std::string, Setting, std::less<>>& shown,
            std::vector<std::string>& warnings) && {
    for (auto& [key, setting] : fields_.values) {
      if (FieldOf(key).is_secret && setting.IsSet()) setting.value = "***";
    }
    shown = std::move(fields_.values);
    warnings = std::move(fields_.warnings);
  }

 private:
  const SettingsSources& sources_;
  ResolvedFields fields_;
};

bool IsWorkspaceCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("._:-").find(c) != std::string_view::npos;
}

Result<WorkspaceId> ReadWorkspace(const Validator& in) {
  const std::string& name = in.Get("workspace").value;
  if (name.empty() || name.size() > kWorkspaceBytes ||
      !std::all_of(name.begin(), name.end(), IsWorkspaceCharacter)) {
    return in.Refuse("workspace",
                     "'" + name.substr(0, kWorkspaceBytes) +
                         "' is no workspace name; use 1 to 128 of A-Z a-z 0-9 . _ : -");
  }
  return WorkspaceId(name);
}

Result<std::string> ReadHub(const Validator& in) {
  const std::string& text = in.Get("hub").value;
  if (text.empty()) return std::string();
  CONTEXTSYNC_ASSIGN_OR_RETURN(const bool allow_plain_http, in.Switch("allow_plain_http"));
  const auto url = ParseHubUrl(text, allow_plain_http);
  if (!url.ok()) return in.Refuse("hub", url.error());
  return url.value().ToString();
}

/// The token itself wins unless the file was named by a higher source.
Status ReadToken(Validator& in, Settings& settings) {
  const Setting& token = in.Get("token");
  const Setting& file = in.Get("token_file");
  if (token.IsSet() && (!file.IsSet() || token.origin >= file.origin)) {
    if (const Status valid = ValidateToken(token.value); !valid.ok())
      return in.Refuse("token", valid.error());
    settings.token = token.value;
    return {};
  }
  if (!file.IsSet()) return {};
  CONTEXTSYNC_ASSIGN_OR_RETURN(const path location, in.Path("token_file", path()));
  const auto content = ReadTokenFile(location);
  if (!content.ok()) return in.Refuse("token_file", content.error());
  settings.token = content.value();
  settings.token_file = location;
  return {};
}

Result<std::string> ReadAgent(const Validator& in) {
  const std::string& name = in.Get("agent").value;
  const bool printable = std::all_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20U && byte != 0x7FU;
  });
  if (name.size() > limits::kAgentBytes || !printable) {
    return in.Refuse("agent", "must be at most 128 bytes without control characters");
  }
  return name;
}

Result<std::string> ReadTask(const Validator& in) {
  const std::string& id = in.Get("task").value;
  if (id.empty()) return id;
  if (const Status valid = ValidateContextRef({Level::kTask, id}); !valid.ok())
    return in.Refuse("task", valid.error());
  return id;
}

Result<std::vector<std::string>> ReadAllowedHosts(const Validator& in) {
  std::vector<std::string> hosts;
  std::string_view rest = in.Get("allowed_hosts").value;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const auto host = ParseHubUrl("https://" + std::string(rest.substr(0, comma)), false);
    if (!host.ok() || host.value().ToString() != "https://" + host.value().host) {
      return in.Refuse("allowed_hosts", "must be host names without port, separated by commas");
    }
    hosts.push_back(host.value().host);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return hosts;
}

Result<std::chrono::hours> ReadKeepDays(const Validator& in) {
  constexpr int kMostDays = 36'500;
  const std::string& text = in.Get("keep_days").value;
  int days = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, days);
  if (error != std::errc() || stop != end || days < 1 || days > kMostDays)
    return in.Refuse("keep_days", "must be a whole number of days from 1 to 36500");
  return std::chrono::hours(24 * days);
}

Result<path> DefaultHubDirectory(const Environment& environment) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const path data, DefaultDataDirectory(environment));
  return data / "hub";
}

}  // namespace

std::string_view ToString(Origin origin) {
  return kOriginNames.at(static_cast<std::size_t>(origin));
}

Result<Settings> LoadSettings(const SettingsSources& sources) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(ResolvedFields fields,
                               ResolveFields(sources, ProgramRole::kNotebook));
  Validator in(sources, std::move(fields));
  Settings settings;
  CONTEXTSYNC_ASSIGN_OR_RETURN(settings.log_level, in.Level());
  CONTEXTSYNC_ASSIGN_OR_RETURN(settings.data_dir,
                               in.Path("data_dir", DefaultDataDirectory(sources.environment)));
  CONTEXTSYNC_ASSIGN_OR_RETURN(settings.workspace, ReadWorkspace(in));
  CONTEXTSYNC_ASSIGN_OR_RETURN(settings.hub, ReadHub(in));
  CONTEXTSYNC_ASSIGN_OR_RETURN(settings.no_drain, in.Switch("no_drain"));
  CONTEXTSYNC_RETURN_IF_ERROR(ReadToken(in, settings));
  CONTEXTSYNC_ASSIGN_OR_RETURN(settings.agent, ReadAgent(in));
  CONTEXTSYNC_ASSIGN_OR_RETURN(settings.task, ReadTask(in));
  std::move(in).Show(settings.shown, settings.warnings);
  return settings;
}

Result<HubSettings> LoadHubSettings(const SettingsSources& sources) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(ResolvedFields fields, ResolveFields(sources, ProgramRole::kHub));
  Validator in(sources, std::move(fields));
  HubSettings settings;
  CONTEXTSYNC_ASSIGN_OR_RETURN(settings.log_level, in.Level());
  CONTEXTSYNC_ASSIGN_OR_RETURN(settings.data_dir,
                               in.Path("hub_data_dir", DefaultHubDirectory(sources.environment)));
  const auto listen = ParseListenAddress(in.Get("listen").value);
  if (!listen.ok()) return in.Refuse("listen", listen.error());
  settings.address = listen.value().address;
  settings.port = listen.value().port;
  CONTEXTSYNC_ASSIGN_OR_RETURN(settings.allowed_hosts, ReadAllowedHosts(in));
  CONTEXTSYNC_ASSIGN_OR_RETURN(settings.keep_feed, ReadKeepDays(in));
  CONTEXTSYNC_ASSIGN_OR_RETURN(settings.no_auth, in.Switch("no_auth"));
  if (settings.no_auth && !IsLoopback(settings.address)) {
    return in.Refuse("no_auth", "a hub without tokens listens on loopback only, not on " +
                                    settings.address +
                                    "; use --listen 127.0.0.1:PORT, or create tokens");
  }
  std::move(in).Show(settings.shown, settings.warnings);
  return settings;
}

}  // namespace contextsync

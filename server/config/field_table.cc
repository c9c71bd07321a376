#include "server/config/field_table.h"

#include <algorithm>

#include "core/base/check.h"

namespace contextsync {

namespace {

constexpr std::array kFields{
    Field{.key = "data_dir",
          .flag = "--data-dir",
          .environment = "CONTEXTSYNC_DATA_DIR",
          .toml = "data_dir",
          .meaning = "directory of the notebooks; default $XDG_DATA_HOME/contextsync"},
    Field{.key = "hub",
          .flag = "--hub",
          .environment = "CONTEXTSYNC_HUB",
          .toml = "hub",
          .meaning = "address of the hub, https://HOST[:PORT][/PATH]; none: local only"},
    Field{.key = "allow_plain_http",
          .flag = "--allow-plain-http",
          .environment = "CONTEXTSYNC_ALLOW_PLAIN_HTTP",
          .toml = "allow_plain_http",
          .fallback = "false",
          .is_switch = true,
          .meaning = "allow http:// to a hub on another machine: token and notebook cross the "
                     "network readable"},
    Field{.key = "workspace",
          .flag = "--workspace",
          .environment = "CONTEXTSYNC_WORKSPACE",
          .toml = "workspace",
          .fallback = "default",
          .meaning = "which notebook: 1 to 128 of A-Z a-z 0-9 . _ : -"},
    Field{.key = "agent",
          .flag = "--agent",
          .environment = "CONTEXTSYNC_AGENT",
          .toml = "agent",
          .meaning = "name written beside every change; default the client's own name"},
    Field{.key = "token_file",
          .flag = "--token-file",
          .environment = "CONTEXTSYNC_TOKEN_FILE",
          .toml = "token_file",
          .meaning = "file that holds the hub's token; readable by its owner alone"},
    Field{.key = "token",
          .environment = "CONTEXTSYNC_TOKEN",
          .is_secret = true,
          .meaning = "the hub's token itself; no flag, other users can read a command line"},
    Field{.key = "task",
          .environment = "CONTEXTSYNC_TASK",
          .meaning = "task id of a call that names none"},
    Field{.key = "no_drain",
          .flag = "--no-drain",
          .environment = "CONTEXTSYNC_NO_DRAIN",
          .toml = "no_drain",
          .fallback = "false",
          .is_switch = true,
          .meaning = "leave no process behind that sends what is pending when the last client "
                     "has gone"},
    Field{.key = "log_level",
          .flag = "--log-level",
          .environment = "CONTEXTSYNC_LOG_LEVEL",
          .toml = "log_level",
          .fallback = "warning",
          .role = ProgramRole::kBoth,
          .meaning = "debug, info, warning, error or off; the log goes to stderr"},
    Field{.key = "listen",
          .flag = "--listen",
          .environment = "CONTEXTSYNC_HUB_LISTEN",
          .toml = "hub_server.listen",
          .fallback = "127.0.0.1:8787",
          .role = ProgramRole::kHub,
          .meaning = "ADDRESS:PORT of the hub; port 0 takes a free one"},
    Field{
        .key = "allowed_hosts",
        .flag = "--allowed-hosts",
        .environment = "CONTEXTSYNC_HUB_ALLOWED_HOSTS",
        .toml = "hub_server.allowed_hosts",
        .role = ProgramRole::kHub,
        .meaning = "names clients call the hub by besides the machine's own, separated by commas"},
    Field{.key = "keep_days",
          .flag = "--keep-days",
          .environment = "CONTEXTSYNC_HUB_KEEP_DAYS",
          .toml = "hub_server.keep_days",
          .fallback = "90",
          .role = ProgramRole::kHub,
          .meaning = "days the hub keeps changes that every notebook has, 1 to 36500"},
    Field{.key = "hub_data_dir",
          .flag = "--data-dir",
          .environment = "CONTEXTSYNC_HUB_DATA_DIR",
          .toml = "hub_server.data_dir",
          .role = ProgramRole::kHub,
          .meaning = "directory of the hub; default $XDG_DATA_HOME/contextsync/hub"},
    Field{.key = "no_auth",
          .flag = "--no-auth",
          .fallback = "false",
          .is_switch = true,
          .role = ProgramRole::kHub,
          .meaning = "serve without tokens; refused on any address but loopback"},
};

}  // namespace

std::span<const Field> FieldTable() {
  return kFields;
}

const Field& FieldOf(std::string_view key) {
  const auto* const found = std::find_if(kFields.begin(), kFields.end(),
                                         [key](const Field& field) { return field.key == key; });
  CONTEXTSYNC_CHECK(found != kFields.end());
  return *found;
}

}  // namespace contextsync

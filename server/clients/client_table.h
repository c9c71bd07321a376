// The clients `setup` knows: which file each reads, under which key, in which form. The one place
// to add a client. Source: docs/clients.md

#pragma once

#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "server/clients/toml_edit.h"

namespace contextsync {

/// What a client's file for all projects of a user is relative to.
enum class ClientHome { kHome, kConfig, kClaude, kCodex };

enum class ClientFileForm { kJson, kToml };

/// How a client wants its hooks written.
enum class HookForm {
  kNone,
  kClaude,  // groups with a matcher; the command apart from its arguments, timeouts in seconds
  kCodex,   // the same groups; the command is one line for a shell
  kCursor,  // a flat list per event
  kGemini,  // groups with a matcher; one line for a shell, timeouts in milliseconds
};

/// A path below one of the homes; empty: the client has no such file.
struct UserFile {
  ClientHome home = ClientHome::kHome;
  std::string_view path = {};
};

struct ClientInfo {
  std::string_view name = {};
  std::string_view title = {};
  ClientFileForm form = ClientFileForm::kJson;
  std::string_view top_key = {};       // of the table of servers
  std::string_view fixed = {};         // members besides command and args, as JSON
  UserFile user_file = {};             // names our server for all projects
  std::string_view project_file = {};  // the same in a repository; empty: the client reads none
  HookForm hook_form = HookForm::kNone;
  UserFile user_hooks = {};
  std::string_view project_hooks = {};
  bool has_status_line = false;  // of a command, set in the file of hooks
  UserFile user_instructions = {};
  std::string_view project_instructions = {};
  std::string_view next_step = {};  // for the person, after setup
};

std::span<const ClientInfo> ClientTable();

/// Null when there is no such client.
const ClientInfo* FindClient(std::string_view name);

/// The names of all clients, separated by commas.
std::string ClientNames();

/// What stands under `top_key`.contextsync. `program` is how the client is to start it.
nlohmann::ordered_json JsonEntryOf(const ClientInfo& client, const std::string& program);
TomlEntry TomlEntryOf(const ClientInfo& client, const std::string& program);

}  // namespace contextsync

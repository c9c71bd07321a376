#include "server/clients/client_table.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace contextsync {

namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr std::string_view kNewConversation =
    "Start a new conversation; the first call shows the notebook.";

constexpr std::array kClients = {
    ClientInfo{
        .name = "claude",
        .title = "Claude Code",
        .top_key = "mcpServers",
        .fixed =
            R"({"type":"stdio","env":{"CONTEXTSYNC_AGENT":"${CONTEXTSYNC_AGENT:-claude-code}"},"alwaysLoad":true})",
        .user_file = {ClientHome::kClaude, ".claude.json"},
        .project_file = ".mcp.json",
        .hook_form = HookForm::kClaude,
        .user_hooks = {ClientHome::kClaude, ".claude/settings.json"},
        .project_hooks = ".claude/settings.json",
        .has_status_line = true,
        .user_instructions = {ClientHome::kClaude, ".claude/CLAUDE.md"},
        .project_instructions = "CLAUDE.md",
        .next_step = "Start a new conversation; /mcp shows the server. One from a project's "
                     ".mcp.json is approved there first."},
    ClientInfo{.name = "claude-desktop",
               .title = "Claude Desktop",
               .top_key = "mcpServers",
               .fixed = R"({"type":"stdio"})",
               .user_file = {ClientHome::kConfig, "Claude/claude_desktop_config.json"},
               .next_step = "Quit Claude Desktop and start it again."},
    ClientInfo{.name = "cursor",
               .title = "Cursor",
               .top_key = "mcpServers",
               .fixed = R"({"type":"stdio"})",
               .user_file = {ClientHome::kHome, ".cursor/mcp.json"},
               .project_file = ".cursor/mcp.json",
               .hook_form = HookForm::kCursor,
               .user_hooks = {ClientHome::kHome, ".cursor/hooks.json"},
               .project_hooks = ".cursor/hooks.json",
               .project_instructions = "AGENTS.md",
               .next_step = "Settings, MCP shows the server; switch it on there."},
    ClientInfo{.name = "vscode",
               .title = "VS Code",
               .top_key = "servers",
               .fixed = R"({"type":"stdio"})",
               .user_file = {ClientHome::kConfig, "Code/User/mcp.json"},
               .project_file = ".vscode/mcp.json",
               .project_instructions = "AGENTS.md",
               .next_step = "Run `MCP: List Servers` and start it there, once."},
    ClientInfo{.name = "codex",
               .title = "Codex",
               .form = ClientFileForm::kToml,
               .top_key = "mcp_servers",
               .fixed = R"({"env_vars":["CONTEXTSYNC_TOKEN"],)"
                        R"("default_tools_approval_mode":"approve"})",
               .user_file = {ClientHome::kCodex, ".codex/config.toml"},
               .project_file = ".codex/config.toml",
               .hook_form = HookForm::kCodex,
               .user_hooks = {ClientHome::kCodex, ".codex/hooks.json"},
               .project_hooks = ".codex/hooks.json",
               .user_instructions = {ClientHome::kCodex, ".codex/AGENTS.md"},
               .project_instructions = "AGENTS.md",
               .next_step = "Start a new conversation; hooks ask to be trusted, once each."},
    ClientInfo{.name = "gemini",
               .title = "Gemini CLI",
               .top_key = "mcpServers",
               .fixed = R"({})",
               .user_file = {ClientHome::kHome, ".gemini/settings.json"},
               .project_file = ".gemini/settings.json",
               .hook_form = HookForm::kGemini,
               .user_hooks = {ClientHome::kHome, ".gemini/settings.json"},
               .project_hooks = ".gemini/settings.json",
               .user_instructions = {ClientHome::kHome, ".gemini/GEMINI.md"},
               .project_instructions = "GEMINI.md",
               .next_step = kNewConversation},
    ClientInfo{.name = "windsurf",
               .title = "Windsurf",
               .top_key = "mcpServers",
               .fixed = R"({})",
               .user_file = {ClientHome::kHome, ".codeium/windsurf/mcp_config.json"},
               .project_instructions = "AGENTS.md",
               .next_step = "Press refresh in the list of MCP servers."},
    ClientInfo{.name = "zed",
               .title = "Zed",
               .top_key = "context_servers",
               .fixed = R"({"source":"custom","env":{}})",
               .user_file = {ClientHome::kConfig, "zed/settings.json"},
               .project_instructions = "AGENTS.md",
               .next_step = kNewConversation},
};

// What tells a client how to read the rest, so it comes first.
constexpr std::array<std::string_view, 2> kLeading = {"type", "source"};

std::string TomlText(const OrderedJson& value) {
  // A JSON text or list of texts reads the same in TOML.
  return value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace

std::span<const ClientInfo> ClientTable() {
  return kClients;
}

const ClientInfo* FindClient(std::string_view name) {
  const auto found = std::find_if(kClients.begin(), kClients.end(),
                                  [name](const ClientInfo& client) { return client.name == name; });
  return found == kClients.end() ? nullptr : &*found;
}

std::string ClientNames() {
  std::string names;
  for (const ClientInfo& client : kClients)
    names.append(names.empty() ? "" : ", ").append(client.name);
  return names;
}

OrderedJson JsonEntryOf(const ClientInfo& client, const std::string& program) {
  const OrderedJson fixed = OrderedJson::parse(client.fixed, nullptr, false);
  OrderedJson entry = OrderedJson::object();
  for (const auto key : kLeading) {
    if (fixed.contains(key)) entry[std::string(key)] = fixed[std::string(key)];
  }
  entry["command"] = program;
  entry["args"] = {"serve"};
  for (const auto& [key, value] : fixed.items())
    entry[key] = value;
  return entry;
}

TomlEntry TomlEntryOf(const ClientInfo& client, const std::string& program) {
  TomlEntry entry{.table = std::string(client.top_key) + ".contextsync", .lines = {}, .kept = {}};
  const OrderedJson wanted = JsonEntryOf(client, program);
  for (const auto& [key, value] : wanted.items()) {
    entry.lines.emplace_back(key, TomlText(value));
    if (key != "command" && key != "args") entry.kept.push_back(key);
  }
  return entry;
}

}  // namespace contextsync

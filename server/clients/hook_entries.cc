#include "server/clients/hook_entries.h"

#include <optional>
#include <span>
#include <vector>

#include <nlohmann/json.hpp>

#include "server/clients/jsonc_edit.h"
#include "server/clients/shell_word.h"

namespace contextsync {

namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr std::string_view kHooksKey = "hooks";

struct HookEvent {
  std::string_view name;
  std::string_view matcher;  // empty: none is written
  int timeout_seconds = 0;   // 0: none is written
};

// Longer than a hook ever takes: it gives up by itself after 200 ms.
constexpr int kLong = 5;
constexpr int kMiddle = 3;
constexpr int kShort = 2;

constexpr HookEvent kClaudeEvents[] = {
    {"SessionStart", "startup|resume|clear|compact|fork", kLong},
    {"SubagentStart", "", kLong},
    {"UserPromptSubmit", "", kShort},
    {"PostToolUse", "Read|Edit|Write|NotebookEdit|Bash|PowerShell|mcp__contextsync__manage_context",
     kMiddle},
    {"PostToolUseFailure", "Bash|PowerShell", kMiddle},
    {"PostCompact", "", kMiddle},
    {"Stop", "", kLong},
    {"SubagentStop", "", kMiddle},
    {"TaskCompleted", "", kMiddle},
    {"SessionEnd", "", 0},
};
constexpr HookEvent kCodexEvents[] = {
    {"SessionStart", "startup|resume|clear|compact", kLong},
    {"SubagentStart", "", kLong},
    {"UserPromptSubmit", "", kShort},
    {"PostToolUse", "apply_patch|Bash|mcp__contextsync__manage_context", kMiddle},
    {"PostCompact", "", kMiddle},
    {"SubagentStop", "", kMiddle},
    {"Stop", "", kLong},
};
constexpr HookEvent kCursorEvents[] = {
    {"sessionStart", "", 0},        {"afterFileEdit", "", 0}, {"beforeReadFile", "", 0},
    {"afterShellExecution", "", 0}, {"postToolUse", "", 0},   {"stop", "", 0},
    {"sessionEnd", "", 0},
};
constexpr HookEvent kGeminiEvents[] = {
    {"SessionStart", "", kLong},
    {"BeforeAgent", "", kShort},
    {"AfterTool", "read_file|write_file|replace|run_shell_command|.*manage_context", kMiddle},
    {"AfterAgent", "", kLong},
    {"SessionEnd", "", kShort},
};

std::span<const HookEvent> EventsOf(HookForm form) {
  switch (form) {
    case HookForm::kClaude:
      return kClaudeEvents;
    case HookForm::kCodex:
      return kCodexEvents;
    case HookForm::kCursor:
      return kCursorEvents;
    case HookForm::kGemini:
      return kGeminiEvents;
    case HookForm::kNone:
      break;
  }
  return {};
}

OrderedJson HandlerOf(const ClientInfo& client, const std::string& program,
                      const HookEvent& event) {
  OrderedJson handler = OrderedJson::object();
  const std::string line = ShellWord(program) + " hook " + std::string(client.name);
  if (client.hook_form == HookForm::kCursor) {
    handler["command"] = line;
    return handler;
  }
  if (client.hook_form == HookForm::kGemini) handler["name"] = "contextsync";
  handler["type"] = "command";
  if (client.hook_form == HookForm::kClaude) {
    handler["command"] = program;
    handler["args"] = {"hook", std::string(client.name)};
  } else {
    handler["command"] = line;
  }
  const int per_second = client.hook_form == HookForm::kGemini ? 1000 : 1;
  if (event.timeout_seconds > 0) handler["timeout"] = event.timeout_seconds * per_second;
  return handler;
}

/// One element of an event's list.
OrderedJson ElementOf(const ClientInfo& client, const std::string& program,
                      const HookEvent& event) {
  OrderedJson handler = HandlerOf(client, program, event);
  if (client.hook_form == HookForm::kCursor) return handler;
  OrderedJson group = OrderedJson::object();
  if (!event.matcher.empty()) group["matcher"] = event.matcher;
  group["hooks"] = OrderedJson::array({std::move(handler)});
  return group;
}

bool IsOurHandler(const OrderedJson& handler) {
  if (!handler.is_object() || !handler.contains("command") || !handler["command"].is_string())
    return false;
  std::string line = handler["command"].get<std::string>();
  if (handler.contains("args") && handler["args"].is_array()) {
    for (const auto& word : handler["args"])
      line += word.is_string() ? " " + word.get<std::string>() : std::string();
  }
  const std::size_t hook = line.find(" hook ");
  return hook != std::string::npos && line.substr(0, hook).find("contextsync") != std::string::npos;
}

/// A group with a hook of somebody else's is that one's group.
bool IsOurElement(const OrderedJson& element) {
  if (!element.is_object() || !element.contains(kHooksKey)) return IsOurHandler(element);
  const OrderedJson& hooks = element[std::string(kHooksKey)];
  return hooks.is_array() && hooks.size() == 1 && IsOurHandler(hooks[0]);
}

std::optional<std::size_t> FindOurs(const OrderedJson& list) {
  for (std::size_t i = 0; list.is_array() && i < list.size(); ++i) {
    if (IsOurElement(list[i])) return i;
  }
  return std::nullopt;
}

void RemoveIfEmpty(JsoncEdit& edit, const JsoncEdit::Path& path) {
  const OrderedJson value = edit.Get(path);
  if (value.is_structured() && value.empty()) edit.Remove(path);
}

Status PutEvent(JsoncEdit& edit, const ClientInfo& client, const std::string& program,
                const HookEvent& event) {
  const JsoncEdit::Path path = {std::string(kHooksKey), std::string(event.name)};
  const OrderedJson list = edit.Get(path);
  const OrderedJson wanted = ElementOf(client, program, event);
  const auto index = FindOurs(list);
  if (!index) return edit.Append(path, wanted);
  if (nlohmann::json(list[*index]) != nlohmann::json(wanted)) edit.Replace(path, *index, wanted);
  return {};
}

}  // namespace

Result<std::string> PutHooks(const std::string& text, const ClientInfo& client,
                             const std::string& program) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(JsoncEdit edit, JsoncEdit::Open(text));
  if (client.hook_form == HookForm::kCursor && edit.Get({"version"}).is_null())
    CONTEXTSYNC_RETURN_IF_ERROR(edit.Set({"version"}, 1));
  for (const HookEvent& event : EventsOf(client.hook_form))
    CONTEXTSYNC_RETURN_IF_ERROR(PutEvent(edit, client, program, event));
  return edit.text();
}

Result<std::string> TakeHooks(const std::string& text, const ClientInfo& client) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(JsoncEdit edit, JsoncEdit::Open(text));
  bool has_removed = false;
  for (const HookEvent& event : EventsOf(client.hook_form)) {
    const JsoncEdit::Path path = {std::string(kHooksKey), std::string(event.name)};
    for (auto index = FindOurs(edit.Get(path)); index; index = FindOurs(edit.Get(path))) {
      edit.RemoveElement(path, *index);
      has_removed = true;
    }
    if (has_removed) RemoveIfEmpty(edit, path);
  }
  if (!has_removed) return text;
  RemoveIfEmpty(edit, {std::string(kHooksKey)});
  return edit.text();
}

}  // namespace contextsync

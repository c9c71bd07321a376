#include "server/hooks/hook_event.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "server/hooks/patch_files.h"

namespace contextsync {

namespace {

struct NamedMoment {
  std::string_view name;
  HookMoment moment;
};

constexpr std::array kMoments = {
    NamedMoment{"SessionStart", HookMoment::kSessionStart},
    NamedMoment{"SubagentStart", HookMoment::kSubagentStart},
    NamedMoment{"UserPromptSubmit", HookMoment::kPrompt},
    NamedMoment{"PostToolUse", HookMoment::kTool},
    NamedMoment{"PostToolUseFailure", HookMoment::kTool},
    NamedMoment{"PostCompact", HookMoment::kCompacted},
    NamedMoment{"SubagentStop", HookMoment::kProgress},
    NamedMoment{"TaskCompleted", HookMoment::kProgress},
    NamedMoment{"Stop", HookMoment::kStop},
    NamedMoment{"SessionEnd", HookMoment::kSessionEnd},
    NamedMoment{"sessionStart", HookMoment::kSessionStart},
    NamedMoment{"afterFileEdit", HookMoment::kTool},
    NamedMoment{"afterShellExecution", HookMoment::kTool},
    NamedMoment{"postToolUse", HookMoment::kTool},
    NamedMoment{"beforeReadFile", HookMoment::kReadPermission},
    NamedMoment{"stop", HookMoment::kStop},
    NamedMoment{"sessionEnd", HookMoment::kSessionEnd},
    NamedMoment{"BeforeAgent", HookMoment::kPrompt},
    NamedMoment{"AfterTool", HookMoment::kTool},
    NamedMoment{"AfterAgent", HookMoment::kStop},
};

enum class ToolKind { kOther, kRead, kEdit, kPatch, kShell, kNotebook };

struct NamedTool {
  std::string_view name;
  ToolKind kind;
};

constexpr std::array kTools = {
    NamedTool{"Read", ToolKind::kRead},         NamedTool{"read_file", ToolKind::kRead},
    NamedTool{"Edit", ToolKind::kEdit},         NamedTool{"Write", ToolKind::kEdit},
    NamedTool{"NotebookEdit", ToolKind::kEdit}, NamedTool{"MultiEdit", ToolKind::kEdit},
    NamedTool{"write_file", ToolKind::kEdit},   NamedTool{"replace", ToolKind::kEdit},
    NamedTool{"editFiles", ToolKind::kEdit},    NamedTool{"apply_patch", ToolKind::kPatch},
    NamedTool{"Bash", ToolKind::kShell},        NamedTool{"PowerShell", ToolKind::kShell},
    NamedTool{"Shell", ToolKind::kShell},       NamedTool{"run_shell_command", ToolKind::kShell},
};

constexpr std::array<std::string_view, 5> kReadingActions = {"get", "list", "history", "changes",
                                                             "status"};

const Json& MemberOf(const Json& object, const char* name) {
  static const Json kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(name);
  return found == object.end() ? kNothing : *found;
}

std::string TextAt(const Json& object, const char* name) {
  const Json& value = MemberOf(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

/// The first of several names that is there.
std::string FirstText(const Json& object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (auto text = TextAt(object, name); !text.empty()) return text;
  }
  return {};
}

ToolKind KindOf(std::string_view tool) {
  if (tool.ends_with("manage_context")) return ToolKind::kNotebook;
  const auto found = std::find_if(kTools.begin(), kTools.end(),
                                  [tool](const NamedTool& row) { return row.name == tool; });
  return found == kTools.end() ? ToolKind::kOther : found->kind;
}

std::vector<std::string> PathsIn(const Json& input) {
  std::vector<std::string> paths;
  const std::string one = FirstText(input, {"file_path", "notebook_path", "absolute_path", "path"});
  if (!one.empty()) paths.push_back(one);
  const Json& several = MemberOf(input, "files");
  for (std::size_t i = 0; several.is_array() && i < several.size(); ++i) {
    if (several[i].is_string()) paths.push_back(several[i].get<std::string>());
  }
  return paths;
}

std::optional<int> ExitCodeIn(const Json& response) {
  for (const char* name : {"exit_code", "exitCode", "returncode"}) {
    const Json& value = MemberOf(response, name);
    if (value.is_number_integer()) return value.get<int>();
  }
  return std::nullopt;
}

std::string OutputIn(const Json& response) {
  if (response.is_string()) return response.get<std::string>();
  const std::string error = FirstText(response, {"stderr", "error"});
  const std::string out = FirstText(response, {"stdout", "output", "llmContent", "returnDisplay"});
  return out.empty() || error.empty() ? out + error : out + "\n" + error;
}

void ReadNotebookCall(const Json& input, HookEvent& event) {
  event.is_own_tool = true;
  const std::string action = TextAt(input, "action");
  event.is_own_write =
      std::find(kReadingActions.begin(), kReadingActions.end(), action) == kReadingActions.end();
  const std::string level = TextAt(input, "level");
  if (level.empty() || level == "task") event.task = FirstText(input, {"context_id", "task_id"});
}

void ReadToolUse(const Json& input, HookEvent& event) {
  const Json& arguments = MemberOf(input, "tool_input");
  const Json& response = MemberOf(input, "tool_response");
  event.use_id = TextAt(input, "tool_use_id");
  event.has_failed = event.name == "PostToolUseFailure" || !TextAt(response, "error").empty();
  switch (KindOf(TextAt(input, "tool_name"))) {
    case ToolKind::kRead:
      event.read = PathsIn(arguments);
      break;
    case ToolKind::kEdit:
      event.modified = PathsIn(arguments);
      break;
    case ToolKind::kPatch:
      event.modified = FilesOfPatch(FirstText(arguments, {"command", "input", "patch"}));
      break;
    case ToolKind::kShell:
      event.command = TextAt(arguments, "command");
      event.output = OutputIn(response);
      if (event.output.empty()) event.output = TextAt(input, "error");
      event.exit_code = ExitCodeIn(response);
      break;
    case ToolKind::kNotebook:
      ReadNotebookCall(arguments, event);
      break;
    case ToolKind::kOther:
      break;
  }
}

void ReadCursorTool(const Json& input, HookEvent& event) {
  if (event.name == "afterFileEdit") {
    event.modified = PathsIn(input);
  } else if (event.name == "afterShellExecution") {
    event.command = TextAt(input, "command");
    event.output = TextAt(input, "output");
    event.exit_code = ExitCodeIn(input);
  } else {
    ReadToolUse(input, event);
  }
}

std::string WorkingDirectoryIn(const Json& input) {
  std::string cwd = TextAt(input, "cwd");
  const Json& roots = MemberOf(input, "workspace_roots");
  const bool has_root = roots.is_array() && !roots.empty() && roots[0].is_string();
  return cwd.empty() && has_root ? roots[0].get<std::string>() : cwd;
}

}  // namespace

HookEvent ReadHookEvent(const Json& input) {
  HookEvent event;
  event.name = FirstText(input, {"hook_event_name", "hookEventName"});
  const auto found = std::find_if(kMoments.begin(), kMoments.end(),
                                  [&](const NamedMoment& row) { return row.name == event.name; });
  if (found == kMoments.end()) return event;
  event.moment = found->moment;
  event.session = FirstText(input, {"conversation_id", "session_id", "sessionId"});
  event.cwd = WorkingDirectoryIn(input);
  const bool is_cursor = MemberOf(input, "conversation_id").is_string();
  event.form = is_cursor ? HookAnswerForm::kCursor : HookAnswerForm::kClaude;
  event.is_repeated_stop = MemberOf(input, "stop_hook_active") == Json(true);
  if (event.moment == HookMoment::kTool && is_cursor) {
    ReadCursorTool(input, event);
  } else if (event.moment == HookMoment::kTool) {
    ReadToolUse(input, event);
  } else if (event.moment == HookMoment::kReadPermission) {
    event.read = PathsIn(input);
  } else {
    event.text = FirstText(input, {"compact_summary", "task_subject", "subject"});
  }
  return event;
}

}  // namespace contextsync

// HookEvent: what a client tells a hook, in one form for all clients.
// Source: docs/hooks.md#what-is-taken-from-which-event

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/document/json.h"

namespace contextsync {

enum class HookMoment {
  kUnknown,  // ignored
  kSessionStart,
  kSubagentStart,
  kPrompt,
  kTool,
  kReadPermission,  // the client waits for leave to read a file
  kCompacted,
  kProgress,  // a part of the work, or a helper's work, is done
  kStop,      // the agent's turn is over
  kSessionEnd,
};

/// How an event may be answered.
enum class HookAnswerForm { kClaude, kCursor };

struct HookEvent {
  HookMoment moment = HookMoment::kUnknown;
  std::string name;     // as the client writes it
  std::string session;  // the conversation's id
  std::string cwd;
  HookAnswerForm form = HookAnswerForm::kClaude;
  bool is_repeated_stop = false;  // a hook has already held the agent back from stopping
  std::string use_id;             // of the use of a tool; empty: the client gives none

  std::vector<std::string> read;      // paths as the client wrote them
  std::vector<std::string> modified;  // likewise
  std::string command;                // of a shell
  std::string output;                 // of that command
  std::optional<int> exit_code;       // of that command, where the client tells it
  bool has_failed = false;            // the use of the tool, as the client saw it
  std::string text;                   // summary, subject of a task
  bool is_own_tool = false;           // the agent itself called the notebook
  bool is_own_write = false;          // and wrote
  std::string task;                   // the task it named there
};

/// Never fails: what is missing stays empty, an unknown event is kUnknown.
HookEvent ReadHookEvent(const Json& input);

}  // namespace contextsync

// ToolAnswer: calls manage_context for a command and prints what it answers: as it is, or for
// people. Source: docs/command_line.md

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/document/json.h"
#include "server/config/settings.h"

namespace contextsync {

struct ToolCommand {
  std::string name;                 // for messages: "list"
  std::shared_ptr<Json> arguments;  // of the call; never null
  std::string items;                // the member of `data` that pages fill; may be empty
  bool all = false;                 // follow the cursor to the end
  bool json = false;
  std::function<std::string(const Json& data)> words;  // for people
};

/// Returns an exit code of docs/operations.md#exit-codes.
int RunToolCommand(const Settings& settings, const ToolCommand& command);

}  // namespace contextsync

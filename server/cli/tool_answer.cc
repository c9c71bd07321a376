#include "server/cli/tool_answer.h"

#include <cstdio>
#include <utility>

#include <nlohmann/json.hpp>

#include "server/app/tool_once.h"
#include "server/cli/answer.h"
#include "server/cli/command_line.h"
#include "server/cli/people.h"

namespace contextsync {

namespace {

constexpr const char* kCursorName = "next_cursor";

/// An envelope, as text and read.
struct Answer {
  std::string text;
  Json envelope;
};

Result<Answer> Ask(const Settings& settings, const Json& arguments) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(std::string text, CallToolOnce({.data_dir = settings.data_dir,
                                                               .workspace = settings.workspace,
                                                               .hub = settings.hub},
                                                              arguments));
  CONTEXTSYNC_ASSIGN_OR_RETURN(Json envelope, ParseStrict(text, kWireJsonLimits));
  return Answer{std::move(text), std::move(envelope)};
}

bool IsSuccess(const Json& envelope) {
  return envelope.value("success", false);
}

/// The cursor to the next page; null when there is none.
Json NextCursor(const Json& envelope) {
  const auto data = envelope.find("data");
  return data == envelope.end() ? Json() : data->value(kCursorName, Json());
}

/// All pages as one.
Result<Answer> AskForAll(const Settings& settings, const ToolCommand& command) {
  Json arguments = *command.arguments;
  CONTEXTSYNC_ASSIGN_OR_RETURN(Answer answer, Ask(settings, arguments));
  if (NextCursor(answer.envelope).is_null()) return answer;
  Json items = Json::array();
  while (true) {
    if (!IsSuccess(answer.envelope)) return answer;
    Json& page = answer.envelope["data"][command.items];
    items.insert(items.end(), page.begin(), page.end());
    arguments["cursor"] = NextCursor(answer.envelope);
    if (arguments["cursor"].is_null()) break;
    CONTEXTSYNC_ASSIGN_OR_RETURN(answer, Ask(settings, arguments));
  }
  answer.envelope["data"][command.items] = std::move(items);
  answer.text = CompactText(answer.envelope);
  return answer;
}

int TellFailure(const ToolCommand& command, const Json& envelope) {
  const Json error = envelope.value("error", Json::object());
  const auto text = [&error](const char* name) {
    return ShownLines(error.value(name, std::string()));
  };
  static_cast<void>(
      std::fprintf(stderr, "contextsync %s: %s\n", command.name.c_str(), text("message").c_str()));
  if (!text("hint").empty()) static_cast<void>(std::fprintf(stderr, "%s\n", text("hint").c_str()));
  const bool is_unavailable = text("code").starts_with("STORAGE_");
  return is_unavailable ? kExitUnavailable : kExitFailed;
}

void TellMore(const Json& envelope) {
  const Json cursor = NextCursor(envelope);
  if (!cursor.is_string()) return;
  static_cast<void>(std::fprintf(stderr, "There is more: --all, or --cursor %s\n",
                                 Shown(cursor.get<std::string>()).c_str()));
}

}  // namespace

int RunToolCommand(const Settings& settings, const ToolCommand& command) {
  const auto answer =
      command.all ? AskForAll(settings, command) : Ask(settings, *command.arguments);
  if (!answer.ok()) {
    return PrintFailure("manage_context." + command.arguments->value("action", std::string()),
                        answer.error(), command.json);
  }
  const auto& [text, envelope] = answer.value();
  if (command.json) std::printf("%s\n", text.c_str());
  if (!IsSuccess(envelope)) return TellFailure(command, envelope);
  if (command.json) return kExitDone;
  std::fputs(command.words(envelope.value("data", Json::object())).c_str(), stdout);
  TellMore(envelope);
  return kExitDone;
}

}  // namespace contextsync

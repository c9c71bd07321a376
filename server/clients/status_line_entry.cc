#include "server/clients/status_line_entry.h"

#include <nlohmann/json.hpp>

#include "server/clients/jsonc_edit.h"
#include "server/clients/shell_word.h"

namespace contextsync {

namespace {

using OrderedJson = nlohmann::ordered_json;

const JsoncEdit::Path kPlace = {"statusLine"};

bool IsOurs(const OrderedJson& line) {
  if (!line.is_object() || !line.contains("command") || !line["command"].is_string()) return false;
  const auto command = line["command"].get<std::string>();
  return command.find("contextsync") != std::string::npos &&
         command.ends_with(" status --statusline");
}

}  // namespace

Result<std::string> PutStatusLine(const std::string& text, const std::string& program) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(JsoncEdit edit, JsoncEdit::Open(text));
  const OrderedJson found = edit.Get(kPlace);
  if (!found.is_null() && !IsOurs(found)) {
    return Error(ErrorCode::kInvalidArgument,
                 "another status line is set, which is left alone: remove it, or leave out "
                 "--with-statusline");
  }
  const std::string command = ShellWord(program) + " status --statusline";
  if (found.is_null()) {
    CONTEXTSYNC_RETURN_IF_ERROR(edit.Set(kPlace, {{"type", "command"}, {"command", command}}));
  } else {
    CONTEXTSYNC_RETURN_IF_ERROR(edit.Set({kPlace[0], "command"}, command));
  }
  return edit.text();
}

Result<std::string> TakeStatusLine(const std::string& text) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(JsoncEdit edit, JsoncEdit::Open(text));
  if (!IsOurs(edit.Get(kPlace))) return text;
  edit.Remove(kPlace);
  return edit.text();
}

}  // namespace contextsync

#include "server/cli/resolve_dialog.h"

#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <optional>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/text/characters.h"
#include "server/app/tool_once.h"
#include "server/cli/answer.h"
#include "server/cli/command_line.h"
#include "server/cli/people.h"

namespace contextsync {

namespace {

constexpr std::size_t kSideColumns = 36;  // of each side where the window's width is not known
constexpr std::size_t kLeastSideColumns = 12;
constexpr std::size_t kMostValueLines = 12;
constexpr int kAskedAtOnce = 500;
constexpr const char* kResolveOperation = "manage_context.resolve_conflict";

std::string TextMember(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : CompactText(*found);
}

std::string ValueText(const Json& side) {
  const auto value = side.find("value");
  if (side.value("deleted", false) || value == side.end()) return "(deleted)";
  return ShownLines(value->dump(2, ' ', false, Json::error_handler_t::replace));
}

/// The lines of `text`, none wider than `columns`; what is too long ends with ….
std::vector<std::string> Wrapped(const std::string& text, std::size_t columns) {
  std::vector<std::string> lines = {""};
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size();) {
    const DecodedCharacter next = DecodeAt(text, at);
    const std::string piece = text.substr(at, next.bytes);
    at += next.bytes;
    const std::size_t width = ColumnsOf(piece);
    const bool is_break = piece == "\n";
    if (is_break || used + width > columns) {
      lines.emplace_back();
      used = 0;
    }
    if (is_break) continue;
    lines.back() += piece;
    used += width;
  }
  if (lines.size() > kMostValueLines) {
    lines.resize(kMostValueLines);
    lines.back() = "…";
  }
  return lines;
}

std::vector<std::string> SideLines(const char* title, const Json& side, std::size_t columns) {
  std::vector<std::string> lines = {title};
  const std::string who = "by " + TextMember(side, "agent") + ", " + TextMember(side, "at");
  for (const std::string& text : {Shown(who), ValueText(side)}) {
    auto wrapped = Wrapped(text, columns);
    lines.insert(lines.end(), wrapped.begin(), wrapped.end());
  }
  return lines;
}

/// One key at a time, without Enter; the terminal is as before afterwards.
class KeyMode {
 public:
  KeyMode() : is_set_(tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!is_set_) return;
    termios keys = before_;
    keys.c_lflag &= ~(static_cast<tcflag_t>(ICANON) | static_cast<tcflag_t>(ECHO));
    static_cast<void>(tcsetattr(STDIN_FILENO, TCSANOW, &keys));
  }
  ~KeyMode() {
    if (is_set_) static_cast<void>(tcsetattr(STDIN_FILENO, TCSANOW, &before_));
  }
  KeyMode(const KeyMode&) = delete;
  KeyMode& operator=(const KeyMode&) = delete;

 private:
  termios before_{};
  const bool is_set_;
};

/// 'q' at the end of input.
char ReadKey() {
  const KeyMode mode;
  char key = 0;
  ssize_t count = 0;
  do {
    count = read(STDIN_FILENO, &key, 1);
  } while (count < 0 && errno == EINTR);
  return count == 1 ? key : 'q';
}

/// Nothing for what is no JSON, which is told.
std::optional<Json> ReadValue() {
  std::fputs("The value as JSON (text in quotes; null deletes): ", stdout);
  static_cast<void>(std::fflush(stdout));
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  auto value = ParseStrict(line);
  if (value.ok()) return std::move(value).value();
  std::printf("That is no JSON: %s\n", Shown(value.error().message()).c_str());
  return std::nullopt;
}

class ResolveDialog {
 public:
  explicit ResolveDialog(const Settings& settings) : settings_(settings) {}

  int Run(const std::string& id) {
    const auto records = OpenConflicts();
    if (!records.ok()) return PrintFailure(kResolveOperation, records.error(), false);
    std::size_t asked = 0;
    for (const Json& record : records.value()) {
      if (!id.empty() && TextMember(record, "id") != id) continue;
      ++asked;
      if (!Ask(record)) break;
    }
    if (asked == 0 && !id.empty()) {
      static_cast<void>(
          std::fprintf(stderr, "contextsync resolve: no open conflict is %s\n", Shown(id).c_str()));
      return kExitFailed;
    }
    if (asked == 0) std::fputs("No open conflicts.\n", stdout);
    return has_failed_ ? kExitFailed : kExitDone;
  }

 private:
  Result<Json> Call(const Json& arguments) const {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const std::string text,
                                 CallToolOnce({.data_dir = settings_.data_dir,
                                               .workspace = settings_.workspace,
                                               .hub = settings_.hub},
                                              arguments));
    return ParseStrict(text, kWireJsonLimits);
  }

  Result<Json> OpenConflicts() const {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const Json answer,
                                 Call({{"action", "conflicts"}, {"limit", kAskedAtOnce}}));
    if (!answer.value("success", false)) return Error(ErrorCode::kUnavailable, MessageOf(answer));
    return answer["data"].value("conflicts", Json::array());
  }

  static std::string MessageOf(const Json& answer) {
    return TextMember(answer.value("error", Json::object()), "message");
  }

  /// False when the person wants no more.
  bool Ask(const Json& record) {
    std::fputs(ConflictPicture(record, WindowColumns(), MayColour()).c_str(), stdout);
    while (true) {
      std::fputs("1 Keep current   2 Take incoming   m Merge…   j Next   q Quit ", stdout);
      static_cast<void>(std::fflush(stdout));
      const char key = ReadKey();
      std::printf("%s\n", Shown(std::string_view(&key, 1)).c_str());
      if (key == 'q' || key == '\x04') return false;
      if (key == 'j') return true;
      if (key == '1' || key == '2') return Decide(record, key == '1' ? "current" : "incoming", {});
      if (key != 'm') continue;
      if (const auto value = ReadValue()) return Decide(record, "value", *value);
    }
  }

  bool Decide(const Json& record, const char* choose, const Json& value) {
    Json arguments = {{"action", "resolve_conflict"},
                      {"conflict_id", TextMember(record, "id")},
                      {"choose", choose}};
    if (std::string_view(choose) == "value") arguments["value"] = value;
    if (!settings_.agent.empty()) arguments["agent"] = settings_.agent;
    const auto answer = Call(arguments);
    const bool is_done = answer.ok() && answer.value().value("success", false);
    if (is_done) {
      std::fputs("Decided.\n\n", stdout);
      return true;
    }
    has_failed_ = true;
    const std::string why = answer.ok() ? MessageOf(answer.value()) : answer.error().message();
    std::printf("Not decided: %s\n\n", ShownLines(why).c_str());
    return true;
  }

  const Settings& settings_;
  bool has_failed_ = false;
};

}  // namespace

std::string ConflictPicture(const Json& record, std::size_t columns, bool colour) {
  constexpr std::string_view kBetween = " │ ";
  constexpr std::size_t kBetweenColumns = 3;
  const std::size_t side =
      columns == 0 ? kSideColumns : std::max(kLeastSideColumns, (columns - kBetweenColumns) / 2);
  const std::string head =
      CutTo(Shown(TextMember(record, "level") + " " + TextMember(record, "context_id") + " " +
                  TextMember(record, "path") + "  (" + TextMember(record, "id") + ", " +
                  TextMember(record, "kind") + ")"),
            columns);
  std::string text = (colour ? "\x1b[1m" + head + "\x1b[0m" : head) + "\n";
  const auto left = SideLines("Current", record.value("current", Json::object()), side);
  const auto right = SideLines("Incoming", record.value("incoming", Json::object()), side);
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    const std::string one = i < left.size() ? left[i] : "";
    const std::string other = i < right.size() ? right[i] : "";
    text += one + std::string(side - std::min(side, ColumnsOf(one)), ' ');
    text += std::string(kBetween) + other + "\n";
  }
  return text;
}

bool MayAskPerson() {
  return isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0;
}

int RunResolveDialog(const Settings& settings, const std::string& id) {
  return ResolveDialog(settings).Run(id);
}

}  // namespace contextsync

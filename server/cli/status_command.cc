#include "server/cli/status_command.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "server/app/status_once.h"
#include "server/app/stop_signals.h"
#include "server/cli/answer.h"
#include "server/cli/command_line.h"
#include "server/cli/notebook_options.h"
#include "server/cli/people.h"
#include "server/cli/status_words.h"

namespace contextsync {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStatuslinePatience{150};  // a client draws nothing meanwhile
constexpr milliseconds kStatusRepaint{1'000};
constexpr milliseconds kStatusAlone{5'000};  // each look opens the notebook
constexpr const char* kClearScreen = "\x1b[H\x1b[J";

struct ReadStatus {
  Json data;
  StatusAnswer answer;
};

Result<ReadStatus> Read(StatusAnswer answer) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const Json envelope, ParseStrict(answer.envelope, kWireJsonLimits));
  if (!envelope.is_object() || !envelope.value("success", false))
    return Error(ErrorCode::kUnavailable, "the notebook does not tell how it stands");
  return ReadStatus{envelope.value("data", Json::object()), std::move(answer)};
}

Result<ReadStatus> ReadOnce(const StatusOnceOptions& options) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(StatusAnswer answer, StatusOnce(options));
  return Read(std::move(answer));
}

std::string WordsOf(const ReadStatus& status) {
  return StatusWords(status.data, {!status.answer.is_shared, WindowColumns(), MayColour()});
}

int ExitCodeOfColor(const Json& data) {
  const std::string color = data.value("color", "red");
  if (color == "yellow") return kExitYellow;
  return color == "red" ? kExitRed : kExitDone;
}

/// Never fails: the client would show the error in place of the line.
int PrintStatusline(const StatusOnceOptions& options) {
  auto text = StatusByOwner(options, kStatuslinePatience);
  const bool is_missing = !text.ok() && text.error().code() == ErrorCode::kNotFound;
  const auto read =
      text.ok() ? Read({std::move(text).value(), true}) : Result<ReadStatus>(text.error());
  const std::string line = read.ok()    ? StatusLine(read.value().data)
                           : is_missing ? "⚪ no notebook"
                                        : "⚪ notebook at rest";
  std::printf("%s\n", line.c_str());
  return kExitDone;
}

/// Standard output's reader is gone, or a signal came.
bool IsToldToStop(int signals, milliseconds most) {
  std::array<pollfd, 2> watched = {{{signals, POLLIN, 0}, {STDOUT_FILENO, 0, 0}}};
  return poll(watched.data(), watched.size(), static_cast<int>(most.count())) != 0;
}

class StatusWatch {
 public:
  StatusWatch(StatusOnceOptions options, bool json, int signals)
      : options_(std::move(options)), json_(json), signals_(signals) {}

  int Run() {
    while (true) {
      const auto read = ReadOnce(options_);
      const bool is_shared = read.ok() && read.value().answer.is_shared;
      if (!read.ok() && read.error().code() == ErrorCode::kNotFound) return Missing(read.error());
      if (!Print(read)) return kExitDone;
      if (IsToldToStop(signals_, is_shared ? kStatusRepaint : kStatusAlone)) return kExitDone;
    }
  }

 private:
  [[nodiscard]] int Missing(const Error& error) const {
    return PrintFailure("status", error, json_);
  }

  /// False when nobody reads any more. Off a terminal only what is new is worth a line.
  bool Print(const Result<ReadStatus>& read) {
    const bool is_screen = !json_ && isatty(STDOUT_FILENO) != 0;
    std::string text = !read.ok()  ? "🔴 " + Shown(read.error().message()) + "\n"
                       : json_     ? read.value().answer.envelope + "\n"
                       : is_screen ? kClearScreen + WordsOf(read.value())
                                   : StatusLine(read.value().data) + "\n";
    if (!read.ok() && json_) return true;
    if (!is_screen && !json_ && text == last_) return true;
    const bool is_written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
    last_ = std::move(text);
    return is_written;
  }

  const StatusOnceOptions options_;
  const bool json_;
  const int signals_;
  std::string last_;
};

}  // namespace

int RunStatus(const Settings& settings, const std::filesystem::path& project_directory,
              const StatusArguments& arguments) {
  const StatusOnceOptions options{
      .data_dir = settings.data_dir,
      .workspace = settings.workspace,
      .identity = NotebookOptionsFrom(settings, project_directory).identity,
      .build = CONTEXTSYNC_VERSION};
  if (arguments.statusline) return PrintStatusline(options);
  if (arguments.watch) {
    const auto signals = TakeStopSignals();
    if (!signals.ok()) return PrintFailure("status", signals.error(), arguments.json);
    return StatusWatch(options, arguments.json, signals.value()).Run();
  }
  const auto read = ReadOnce(options);
  if (!read.ok()) return PrintFailure("status", read.error(), arguments.json);
  const ReadStatus& status = read.value();
  const std::string text = arguments.json ? status.answer.envelope + "\n" : WordsOf(status);
  std::fputs(text.c_str(), stdout);
  return ExitCodeOfColor(status.data);
}

}  // namespace contextsync

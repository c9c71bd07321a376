#include "server/cli/watch_command.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

#include "core/base/mutex.h"
#include "server/app/shared_notebook.h"
#include "server/app/stop_signals.h"
#include "server/app/system_clock.h"
#include "server/cli/answer.h"
#include "server/cli/command_line.h"
#include "server/cli/daemon_command.h"
#include "server/cli/notebook_options.h"
#include "server/cli/people.h"
#include "server/mcp/unique_fd.h"

namespace contextsync {

namespace {

using std::chrono::milliseconds;

constexpr const char* kWatchOperation = "manage_context.watch";
constexpr int kWatchWaitMs = 25'000;
constexpr milliseconds kWatchAgain{1'000};  // after an answer that was a failure
constexpr milliseconds kWatchFlush{20};     // whoever stops a watch does not wait for a hub

/// Where the answer to one call arrives. The call may outlive whoever waits for it.
class WatchAnswer {
 public:
  WatchAnswer() : ready_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  [[nodiscard]] int descriptor() const { return ready_.get(); }

  void Put(std::string text) {
    {
      const MutexLock lock(mu_);
      text_ = std::move(text);
    }
    constexpr std::uint64_t kOne = 1;
    static_cast<void>(!write(ready_.get(), &kOne, sizeof kOne));
  }

  std::string Take() {
    const MutexLock lock(mu_);
    return std::move(text_);
  }

 private:
  const mcp::UniqueFd ready_;
  Mutex mu_;
  std::string text_ GUARDED_BY(mu_);
};

std::string WatchText(const Json& change, const char* name) {
  const auto found = change.find(name);
  if (found == change.end() || found->is_null()) return {};
  return Shown(found->is_string() ? found->get<std::string>() : CompactText(*found));
}

/// A change for people: time, who, what, where, which keys.
std::string WatchLine(const Json& change, std::size_t columns, bool colour) {
  std::string keys;
  for (const Json& key : change.value("keys", Json::array()))
    keys += (keys.empty() ? "" : ", ") + Shown(key.is_string() ? key.get<std::string>() : "");
  const std::string time = WatchText(change, "timestamp");
  const std::string rest =
      CutTo(WatchText(change, "changed_by") + "  " + WatchText(change, "change_type") + "  " +
                WatchText(change, "level") + " " + WatchText(change, "context_id") + "  " + keys,
            columns > time.size() + 2 ? columns - time.size() - 2 : 0);
  if (!colour) return time + "  " + rest + "\n";
  const auto who = std::min(WatchText(change, "changed_by").size(), rest.size());
  return "\x1b[2m" + time + "\x1b[0m  \x1b[36m" + rest.substr(0, who) + "\x1b[0m" +
         rest.substr(who) + "\n";
}

class Watch {
 public:
  Watch(RelayTools& tools, const std::string& session, const WatchArguments& arguments, int signals)
      : tools_(tools), session_(session), arguments_(arguments), signals_(signals) {
    call_ = {{"action", "watch"}, {"wait_ms", kWatchWaitMs}};
    if (!arguments.level.empty()) call_["level"] = arguments.level;
    if (!arguments.id.empty()) call_["context_id"] = arguments.id;
    if (!arguments.since.empty()) call_["since"] = arguments.since;
  }

  int Run() {
    while (true) {
      const auto answer = Call();
      if (!answer) return kExitDone;
      const auto envelope = ParseStrict(*answer, kWireJsonLimits);
      const bool is_read = envelope.ok() && envelope.value().is_object();
      const Json& said = is_read ? envelope.value() : kNothing;
      if (said.value("success", false)) {
        trouble_.clear();
        if (!Print(said.value("data", Json::object()))) return kExitDone;
      } else if (is_read && !IsPassing(said)) {
        return Refused(said, *answer);
      } else {
        TellTrouble(said);
        if (Wait(nullptr, kWatchAgain) == Woken::kStop) return kExitDone;
      }
    }
  }

 private:
  enum class Woken { kStop, kAnswer, kTime };

  static inline const Json kNothing = Json::object();

  /// Nothing when it was told to stop.
  std::optional<std::string> Call() {
    const auto answer = std::make_shared<WatchAnswer>();
    std::stop_source cancelled;
    tools_.Call({.tool = "manage_context",
                 .arguments = std::make_shared<const Json>(call_),
                 .defect = std::nullopt,
                 .session_id = session_,
                 .client_name = "cli",
                 .cancelled = cancelled.get_token()},
                [answer](const ToolAnswer& said) { answer->Put(said.json); });
    // Every call ends by itself, wherever the notebook goes meanwhile.
    if (Wait(answer.get(), milliseconds(-1)) == Woken::kAnswer) return answer->Take();
    cancelled.request_stop();
    return std::nullopt;
  }

  [[nodiscard]] Woken Wait(const WatchAnswer* answer, milliseconds most) const {
    std::array<pollfd, 3> watched = {{{signals_, POLLIN, 0},
                                      {STDOUT_FILENO, 0, 0},  // POLLERR: its reader is gone
                                      {answer == nullptr ? -1 : answer->descriptor(), POLLIN, 0}}};
    while (poll(watched.data(), watched.size(), static_cast<int>(most.count())) < 0) {
    }
    if (watched[0].revents != 0 || watched[1].revents != 0) return Woken::kStop;
    return watched[2].revents != 0 ? Woken::kAnswer : Woken::kTime;
  }

  /// False when nobody reads any more.
  bool Print(const Json& data) {
    if (data.value("reset", false)) {
      std::fputs("contextsync watch: some changes are no longer known; read the contexts again\n",
                 stderr);
    }
    for (const Json& change : data.value("changes", Json::array())) {
      const std::string line = arguments_.json ? CompactText(change) + "\n"
                                               : WatchLine(change, WindowColumns(), MayColour());
      if (std::fputs(line.c_str(), stdout) < 0) return false;
    }
    if (const auto cursor = data.find("cursor"); cursor != data.end()) call_["since"] = *cursor;
    return std::fflush(stdout) == 0;
  }

  /// The notebook cannot be reached at the moment; another process may open it any time.
  static bool IsPassing(const Json& envelope) {
    const std::string code = envelope.value("error", kNothing).value("code", "");
    return code == "STORAGE_UNAVAILABLE" || code == "INTERNAL";
  }

  [[nodiscard]] int Refused(const Json& envelope, const std::string& text) const {
    const std::string message = envelope.value("error", kNothing).value("message", "");
    static_cast<void>(std::fprintf(stderr, "contextsync watch: %s\n", ShownLines(message).c_str()));
    if (arguments_.json) std::printf("%s\n", text.c_str());
    return kExitFailed;
  }

  /// Once for each trouble, not once a second.
  void TellTrouble(const Json& envelope) {
    std::string message = envelope.value("error", kNothing).value("message", "no answer");
    if (message == trouble_) return;
    static_cast<void>(std::fprintf(stderr, "contextsync watch: %s\n", ShownLines(message).c_str()));
    trouble_ = std::move(message);
  }

  RelayTools& tools_;
  const std::string session_;
  const WatchArguments& arguments_;
  const int signals_;
  Json call_;
  std::string trouble_;
};

int CannotWatch(const Error& error) {
  static_cast<void>(std::fprintf(stderr, "contextsync watch: %s\n", error.message().c_str()));
  return kExitUnavailable;
}

}  // namespace

int RunWatch(const Settings& settings, const std::filesystem::path& project_directory,
             const WatchArguments& arguments) {
  const auto directory = NotebookDirectory(settings.data_dir, settings.workspace);
  std::error_code code;
  if (!std::filesystem::is_directory(directory, code)) {
    const Error none(ErrorCode::kNotFound, "there is no notebook at " + directory.string());
    return PrintFailure(kWatchOperation, none, arguments.json);
  }
  const auto signals = TakeStopSignals();
  if (!signals.ok()) return CannotWatch(signals.error());
  SystemClock clock;
  SystemRandom random;
  SharedNotebook notebook(NotebookOptionsFrom(settings, project_directory), clock, random);
  notebook.host().Need();
  const int end = Watch(notebook.tools(), notebook.session_id(), arguments, signals.value()).Run();
  // Others may relay to this process, and everything acknowledged is on disk.
  notebook.host().Flush(clock.Now() + kWatchFlush);
  LeaveDrainBehind(notebook, settings);
  static_cast<void>(std::fflush(stdout));
  std::_Exit(end);
}

}  // namespace contextsync

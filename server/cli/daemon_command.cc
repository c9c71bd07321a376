#include "server/cli/daemon_command.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/log.h"
#include "core/document/json.h"
#include "server/app/background_process.h"
#include "server/app/stop_signals.h"
#include "server/app/store_place.h"
#include "server/app/system_clock.h"
#include "server/cli/command_line.h"
#include "server/cli/notebook_options.h"

namespace contextsync {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr auto kLook = milliseconds(50);
constexpr auto kDaemonFlush = seconds(3);
constexpr auto kLockPatience = seconds(5);        // of one that only drains
constexpr auto kLongestStandstill = minutes(10);  // the next start goes on

bool TakesSignal(int signals, milliseconds patience) {
  pollfd waiting{signals, POLLIN, 0};
  if (poll(&waiting, 1, static_cast<int>(patience.count())) <= 0) return false;
  signalfd_siginfo info{};
  return read(signals, &info, sizeof(info)) == sizeof(info);
}

/// What one daemon does from start to end.
class Daemon {
 public:
  Daemon(SharedNotebook& notebook, const Settings& settings, bool until_drained, Clock& clock)
      : notebook_(notebook),
        place_(NotebookPlace(settings.data_dir, settings.workspace)),
        until_drained_(until_drained),
        clock_(clock),
        begun_(clock.Now()),
        moved_(begun_) {}

  /// True when it is time to leave without being told to.
  bool Look() {
    if (!notebook_.host().IsOpen()) return until_drained_ && clock_.Now() - begun_ > kLockPatience;
    if (!std::exchange(is_announced_, true)) Announce();
    return until_drained_ && (HasDrained() || notebook_.relays().is_asked_to_leave());
  }

 private:
  void Announce() const {
    const std::string path = place_.socket_directory + "/" + place_.socket_name;
    std::printf("%s\n", CompactText(Json{{"listening", path}, {"pid", getpid()}}).c_str());
    std::fflush(stdout);
  }

  bool HasDrained() {
    const auto pending = notebook_.host().Pending();
    if (std::exchange(pending_, pending) != pending) moved_ = clock_.Now();
    return pending == 0 || clock_.Now() - moved_ > kLongestStandstill;
  }

  SharedNotebook& notebook_;
  const StorePlace place_;
  const bool until_drained_;
  Clock& clock_;
  const Clock::Instant begun_;
  bool is_announced_ = false;
  std::uint64_t pending_ = 0;
  Clock::Instant moved_;  // when `pending_` last changed
};

int CannotRun(const Error& error) {
  static_cast<void>(std::fprintf(stderr, "contextsync daemon: %s\n", error.message().c_str()));
  return kExitUnavailable;
}

/// The settings that the new process would not find by itself. The token is in the environment or
/// its file, never in a command line.
std::vector<std::string> DrainArguments(const Settings& settings) {
  std::vector<std::string> words = {
      "daemon",      "--until-drained",        "--data-dir", settings.data_dir.string(),
      "--workspace", settings.workspace.value, "--hub",      settings.hub};
  if (!settings.token_file.empty()) {
    words.insert(words.end(), {"--token-file", settings.token_file.string()});
  }
  const auto plain = settings.shown.find("allow_plain_http");
  if (plain != settings.shown.end() && plain->second.value == "true")
    words.emplace_back("--allow-plain-http");
  return words;
}

}  // namespace

int RunDaemon(const Settings& settings, const DaemonArguments& arguments) {
  const auto signals = TakeStopSignals();
  if (!signals.ok()) return CannotRun(signals.error());
  SystemClock clock;
  SystemRandom random;
  auto options = NotebookOptionsFrom(settings, settings.data_dir);
  options.gives_way = arguments.until_drained;
  SharedNotebook notebook(std::move(options), clock, random);
  notebook.host().Need();
  Daemon daemon(notebook, settings, arguments.until_drained, clock);
  bool is_told = false;
  while (!is_told && !daemon.Look())
    is_told = TakesSignal(signals.value(), kLook);
  if (is_told) notebook.host().Flush(clock.Now() + kDaemonFlush);
  // Whoever asked for the notebook waits for it, and everything acknowledged is on disk.
  if (notebook.relays().is_asked_to_leave()) std::_Exit(kExitDone);
  return kExitDone;
}

void LeaveDrainBehind(SharedNotebook& notebook, const Settings& settings) {
  if (settings.no_drain || notebook.host().Pending() == 0 || notebook.relays().guests() > 0) return;
  const auto started =
      StartInBackground(DrainArguments(settings), settings.data_dir / "daemon.log");
  if (!started.ok()) {
    CONTEXTSYNC_LOG(kWarning, "what is pending waits for the next start",
                    {{"reason", started.error().message()}});
  }
}

}  // namespace contextsync

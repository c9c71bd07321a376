#include "server/cli/hub_command.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/failpoint.h"
#include "core/document/json.h"
#include "server/app/hub_app.h"
#include "server/app/stop_signals.h"
#include "server/cli/command_line.h"

namespace contextsync {

namespace {

// Below the patience of those who stop us: a container's 10 s, a test's 5 s.
constexpr std::chrono::seconds kStopDeadline{3};
constexpr std::chrono::milliseconds kStopPoll{20};

int Fail(const Error& error) {
  std::fprintf(stderr, "contextsync hub: %s\n", error.message().c_str());
  return error.code() == ErrorCode::kInvalidArgument ? kExitUsage : kExitUnavailable;
}

/// Takes one signal from `signals`; false when none came within `timeout` (negative: waits for
/// ever).
bool AwaitSignal(int signals, int timeout_ms) {
  pollfd waiting{signals, POLLIN, 0};
  if (poll(&waiting, 1, timeout_ms) <= 0) return false;
  signalfd_siginfo info{};
  return read(signals, &info, sizeof(info)) == sizeof(info);
}

void Announce(const std::string& url) {
  std::printf("%s\n", CompactText(Json{{"listening", url}}).c_str());
  std::fflush(stdout);
}

/// Lets what runs finish. What does not in time is dropped: nothing of it was acknowledged.
void StopInTime(HubApp& app, int signals) {
  PassFailpoint(Failpoint::kHubStopping);
  app.Stop();
  const auto deadline = std::chrono::steady_clock::now() + kStopDeadline;
  while (!app.WaitUntilIdle(std::chrono::steady_clock::now() + kStopPoll)) {
    const bool impatient = AwaitSignal(signals, 0);
    if (impatient || std::chrono::steady_clock::now() >= deadline) std::_Exit(kExitDone);
  }
  PassFailpoint(Failpoint::kHubIdle);
}

}  // namespace

int RunHub(const HubSettings& settings) {
  const Result<int> signals = TakeStopSignals();
  if (!signals.ok()) return Fail(signals.error());
  HubAppOptions options;
  options.address = settings.address;
  options.port = settings.port;
  options.data_dir = settings.data_dir.string();
  options.allowed_hosts = settings.allowed_hosts;
  options.no_auth = settings.no_auth;
  options.retention.keep_feed = settings.keep_feed;
  Result<std::unique_ptr<HubApp>> app = HubApp::Start(options);
  if (!app.ok()) return Fail(app.error());
  PassFailpoint(Failpoint::kHubListening);
  Announce(app.value()->url());
  while (!AwaitSignal(signals.value(), -1)) {
  }
  StopInTime(*app.value(), signals.value());
  return kExitDone;
}

}  // namespace contextsync

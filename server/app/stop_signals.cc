#include "server/app/stop_signals.h"

#include <sys/signalfd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string>

namespace contextsync {

Result<int> TakeStopSignals() {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  // A file size limit must be an error, not the end of the process.
  static_cast<void>(std::signal(SIGXFSZ, SIG_IGN));
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : std::array{SIGINT, SIGTERM, SIGHUP})
    sigaddset(&signals, number);
  if (pthread_sigmask(SIG_BLOCK, &signals, nullptr) != 0) {
    return Error(ErrorCode::kInternal, "signals cannot be blocked");
  }
  const int descriptor = signalfd(-1, &signals, SFD_CLOEXEC);
  if (descriptor < 0)
    return Error(ErrorCode::kInternal, "signalfd failed: errno " + std::to_string(errno));
  return descriptor;
}

}  // namespace contextsync

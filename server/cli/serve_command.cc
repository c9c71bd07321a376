#include "server/cli/serve_command.h"

#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "core/base/failpoint.h"
#include "core/base/log.h"
#include "server/app/process_line.h"
#include "server/app/shared_notebook.h"
#include "server/app/stop_signals.h"
#include "server/app/system_clock.h"
#include "server/cli/command_line.h"
#include "server/cli/daemon_command.h"
#include "server/cli/notebook_options.h"
#include "server/mcp/stdio_transport.h"

namespace contextsync {

namespace {

using std::chrono::milliseconds;

constexpr const char* kVersion = CONTEXTSYNC_VERSION;

// Clients that end politely wait about two seconds; impatient ones send SIGTERM 100 ms after
// SIGINT.
constexpr auto kFlushAfterInput = milliseconds(1'000);
constexpr auto kFlushAfterSignal = milliseconds(20);

ServerInfo Info() {
  return {.name = "contextsync",
          .title = "Context notebook",
          .version = kVersion,
          .description = "The notebook that AI agents share: durable, synchronised, merged.",
          .website_url = "",
          .instructions =
              "Use manage_context as your notebook. At the start of a task call it with action get "
              "and the task's id. "
              "Whenever you read or change files, decide something, learn something or run tests, "
              "call it with action "
              "update and put that into data (for example files_read, files_modified, decisions, "
              "tests_run, "
              "next_steps). Answers carry `notices` when other agents changed something, and "
              "`conflicts` when your "
              "change met theirs. sync.durable true means it cannot be lost."};
}

/// Keeps the heap of a burst from staying: by default every thread that allocates beside others
/// gets a heap of its own, and none of them gives back what it no longer needs.
void KeepHeapSmall() {
  constexpr int kHeaps = 2;
  constexpr int kSpareBytes = 256 * 1024;
  // Before there is a second thread.
  mallopt(M_ARENA_MAX, kHeaps);            // NOLINT(concurrency-mt-unsafe)
  mallopt(M_TRIM_THRESHOLD, kSpareBytes);  // NOLINT(concurrency-mt-unsafe)
}

int CannotServe(const Error& error) {
  static_cast<void>(std::fprintf(stderr, "contextsync: %s\n", error.message().c_str()));
  return kExitUnavailable;
}

}  // namespace

int RunServe(const Settings& settings, const std::filesystem::path& project_directory) {
  KeepHeapSmall();
  const auto signals = TakeStopSignals();
  if (!signals.ok()) return CannotServe(signals.error());
  auto output = mcp::TakeStandardOutput();
  if (!output.ok()) return CannotServe(output.error());

  SystemClock clock;
  SystemRandom random;
  auto options = NotebookOptionsFrom(settings, project_directory);
  if (auto above = ProcessesAbove(1); !above.empty()) options.client = std::move(above.front());
  SharedNotebook notebook(std::move(options), clock, random);
  const auto parent = WatchParent();
  auto transport = mcp::StdioTransport::Open({.output = std::move(output).value(),
                                              .stop = signals.value(),
                                              .session_id = notebook.session_id(),
                                              .parent = parent.get()},
                                             Info(), notebook.tools());
  if (!transport.ok()) return CannotServe(transport.error());

  const auto end = transport.value()->Run();
  if (end == mcp::StdioEnd::kStoppedTwice) std::_Exit(kExitDone);
  PassFailpoint(Failpoint::kEndOfInput);
  const bool is_hurried = end == mcp::StdioEnd::kStopped;
  notebook.host().Flush(clock.Now() + (is_hurried ? kFlushAfterSignal : kFlushAfterInput));
  PassFailpoint(Failpoint::kEndFlushed);
  LeaveDrainBehind(notebook, settings);
  // A client that signalled will not wait for an orderly end, and everything acknowledged is on
  // disk.
  if (is_hurried) std::_Exit(kExitDone);
  return kExitDone;
}

}  // namespace contextsync

#include "server/cli/sync_command.h"

#include <chrono>
#include <cstdio>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/document/json.h"
#include "server/app/sync_once.h"
#include "server/cli/answer.h"
#include "server/cli/command_line.h"
#include "server/cli/notebook_options.h"

namespace contextsync {

namespace {

constexpr const char* kSync = "sync";

void PrintReport(const SyncReport& report) {
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf("pushed %llu, pulled %llu, pending %llu, parked %llu, the hub is at %llu\n",
              number(report.pushed), number(report.pulled), number(report.pending),
              number(report.parked), number(report.head));
}

int ExitCodeOf(const SyncReport& report) {
  if (!report.complete && !report.problem.empty()) return kExitUnavailable;
  const bool is_done = report.complete && report.pending == 0 && report.parked == 0;
  return is_done ? kExitDone : kExitFailed;
}

}  // namespace

int RunSync(const Settings& settings, const SyncArguments& arguments) {
  if (settings.hub.empty()) {
    static_cast<void>(std::fprintf(stderr, "contextsync: no hub is set; name it with --hub URL\n"));
    return kExitUsage;
  }
  HubConnectionOptions connection = HubConnectionFrom(settings);
  connection.adopt_hub = arguments.adopt_hub;
  const auto report = SyncOnce({.data_dir = settings.data_dir,
                                .connection = std::move(connection),
                                .timeout = std::chrono::seconds(arguments.timeout_seconds)});
  if (!report.ok()) return PrintFailure(kSync, report.error(), arguments.json);
  if (arguments.json) {
    Json data = SyncReportToJson(report.value());
    PrintAnswer(kSync, std::move(data));
  } else {
    PrintReport(report.value());
  }
  if (!report.value().complete && !report.value().problem.empty())
    static_cast<void>(std::fprintf(stderr, "contextsync: %s\n", report.value().problem.c_str()));
  return ExitCodeOf(report.value());
}

}  // namespace contextsync

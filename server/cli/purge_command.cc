#include "server/cli/purge_command.h"

#include <chrono>
#include <cstdio>
#include <utility>

#include <nlohmann/json.hpp>

#include "server/app/purge_once.h"
#include "server/app/sync_once.h"
#include "server/cli/answer.h"
#include "server/cli/command_line.h"
#include "server/cli/notebook_options.h"

namespace contextsync {

namespace {

constexpr const char* kPurge = "purge";
constexpr const char* kHubNotSet =
    "this notebook belongs to a hub, and none is set: name it and run `contextsync sync`";

/// How far a purge has come.
struct PurgeOutcome {
  PurgePlan before;
  PurgePlan left;  // what is still there
  std::string problem;
  bool has_hub = false;
  bool is_refused = false;

  [[nodiscard]] bool IsDone() const { return left.IsNothing() && problem.empty(); }
};

Json PlanToJson(const PurgePlan& plan) {
  return {{"shown", plan.is_shown},
          {"versions", plan.versions},
          {"pending", plan.pending},
          {"parked", plan.parked}};
}

void PrintPlan(const PurgeArguments& arguments, const PurgePlan& plan) {
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf("%s/%s %s: %s, in %llu numbered versions, %llu pending and %llu parked writes\n",
              arguments.level.c_str(), arguments.id.c_str(), arguments.path.c_str(),
              plan.is_shown ? "stored now" : "not stored now", number(plan.versions),
              number(plan.pending), number(plan.parked));
}

int ReportPlan(const PurgeArguments& arguments, const PurgePlan& plan) {
  if (arguments.json) {
    Json data = {{"purged", false}, {"found", PlanToJson(plan)}};
    PrintAnswer(kPurge, std::move(data));
    return kExitDone;
  }
  PrintPlan(arguments, plan);
  std::printf("nothing was changed; add --yes to take it out for good, here and everywhere\n");
  return kExitDone;
}

int ReportOutcome(const PurgeArguments& arguments, const PurgeOutcome& outcome) {
  if (arguments.json) {
    Json data = {{"purged", outcome.IsDone()},
                 {"refused", outcome.is_refused},
                 {"found", PlanToJson(outcome.before)},
                 {"left", PlanToJson(outcome.left)}};
    if (!outcome.problem.empty()) data["problem"] = outcome.problem;
    PrintAnswer(kPurge, std::move(data));
  } else {
    PrintPlan(arguments, outcome.before);
    std::printf("%s\n", outcome.IsDone() && outcome.has_hub
                            ? "taken out here and at the hub; others follow when they sync"
                        : outcome.IsDone() ? "taken out"
                        : outcome.is_refused
                            ? "refused by the hub: others wrote there too. An admin's token may"
                            : "asked for; it is taken out when the hub has answered");
  }
  if (!outcome.problem.empty())
    static_cast<void>(std::fprintf(stderr, "contextsync: %s\n", outcome.problem.c_str()));
  if (outcome.IsDone()) return kExitDone;
  return outcome.problem.empty() || outcome.is_refused ? kExitFailed : kExitUnavailable;
}

PurgeOnceOptions OptionsFrom(const Settings& settings, const PurgeArguments& arguments) {
  PurgeOnceOptions options;
  options.data_dir = settings.data_dir;
  options.workspace = settings.workspace;
  options.has_hub = !settings.hub.empty();
  options.request.context.level = ParseLevel(arguments.level).value_or(Level::kTask);
  options.request.context.id = arguments.id;
  options.request.path = arguments.path;
  options.request.agent = settings.agent;
  options.request.reason = arguments.reason;
  return options;
}

/// Why the hub could not be asked, in words; empty when it answered all.
std::string SyncPurge(const Settings& settings, const PurgeArguments& arguments) {
  const auto report = SyncOnce({.data_dir = settings.data_dir,
                                .connection = HubConnectionFrom(settings),
                                .timeout = std::chrono::seconds(arguments.timeout_seconds)});
  if (!report.ok()) return report.error().message();
  if (report.value().complete) return {};
  return report.value().problem.empty() ? "the hub has not answered everything yet"
                                        : report.value().problem;
}

Result<PurgeOutcome> PurgeToTheEnd(const Settings& settings, const PurgeArguments& arguments) {
  PurgeOnceOptions options = OptionsFrom(settings, arguments);
  PurgeOutcome outcome;
  outcome.has_hub = options.has_hub;
  CONTEXTSYNC_ASSIGN_OR_RETURN(const PurgePlan first, PurgeOnce(options));
  options.is_plan = false;
  CONTEXTSYNC_ASSIGN_OR_RETURN(outcome.before, PurgeOnce(options));
  if (outcome.has_hub) outcome.problem = SyncPurge(settings, arguments);
  CONTEXTSYNC_RETURN_IF_ERROR(ScrubOnce(options));
  options.is_plan = true;
  CONTEXTSYNC_ASSIGN_OR_RETURN(outcome.left, PurgeOnce(options));
  outcome.is_refused = outcome.left.parked > first.parked;
  // Without a hub the request itself waits, for the day there is one.
  if (!outcome.has_hub) {
    outcome.left.pending = 0;
    if (!outcome.left.IsNothing()) outcome.problem = kHubNotSet;
  }
  return outcome;
}

}  // namespace

int RunPurge(const Settings& settings, const PurgeArguments& arguments) {
  if (!arguments.is_sure) {
    const auto plan = PurgeOnce(OptionsFrom(settings, arguments));
    return plan.ok() ? ReportPlan(arguments, plan.value())
                     : PrintFailure(kPurge, plan.error(), arguments.json);
  }
  const auto outcome = PurgeToTheEnd(settings, arguments);
  return outcome.ok() ? ReportOutcome(arguments, outcome.value())
                      : PrintFailure(kPurge, outcome.error(), arguments.json);
}

}  // namespace contextsync

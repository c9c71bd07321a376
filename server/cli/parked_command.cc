#include "server/cli/parked_command.h"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "core/document/json.h"
#include "server/app/offline_notebook.h"
#include "server/app/system_clock.h"
#include "server/cli/command_line.h"
#include "server/cli/people.h"

namespace contextsync {

namespace {

Json ParkedEnvelope(bool success) {
  return {{"success", success},
          {"operation", "parked"},
          {"timestamp", FormatTimestamp(SystemClock().WallMillis())}};
}

struct ParkedFailure {
  std::string_view code;
  std::string message;
  std::string hint;
  int exit = kExitFailed;
};

int FailParked(const ParkedFailure& failure, bool json) {
  std::fprintf(stderr, "contextsync parked: %s\n", failure.message.c_str());
  if (!failure.hint.empty()) std::fprintf(stderr, "%s\n", failure.hint.c_str());
  if (json) {
    Json answer = ParkedEnvelope(false);
    answer["error"] = {
        {"code", failure.code}, {"message", failure.message}, {"hint", failure.hint}};
    std::printf("%s\n", CompactText(answer).c_str());
  }
  return failure.exit;
}

ParkedFailure FailureOf(const Error& error) {
  if (error.code() == ErrorCode::kNotFound)
    return {"NOT_FOUND", error.message(), "contextsync parked list shows what there is.",
            kExitFailed};
  if (error.code() == ErrorCode::kConflict)
    return {"STORAGE_UNAVAILABLE", "a running server has the notebook open",
            "Stop the agents that use it, then run this again.", kExitUnavailable};
  return {"STORAGE_UNAVAILABLE", error.message(), "Run: contextsync doctor", kExitUnavailable};
}

Json ParkedToJson(const ParkedWrite& parked) {
  return {{"n", parked.n.value},
          {"level", ToString(parked.context.level)},
          {"context_id", parked.context.id},
          {"code", parked.code},
          {"message", parked.message},
          {"at", FormatTimestamp(parked.at)}};
}

void PrintParked(const std::vector<ParkedWrite>& all) {
  if (all.empty()) {
    std::printf("nothing is parked\n");
    return;
  }
  TextTable table({"N", "CONTEXT", "WHEN", "CODE", "WHY"});
  for (const auto& parked : all) {
    table.Add({std::to_string(parked.n.value),
               std::string(ToString(parked.context.level)) + "/" + parked.context.id,
               FormatTimestamp(parked.at), parked.code, parked.message});
  }
  std::fputs(table.Render(WindowColumns(), MayColour()).c_str(), stdout);
}

/// What is left after an action, as every action but export answers.
int ReportParked(const Notebook& notebook, bool json) {
  const auto all = notebook.Parked();
  if (!all.ok()) return FailParked(FailureOf(all.error()), json);
  if (!json) {
    PrintParked(all.value());
    return kExitDone;
  }
  Json list = Json::array();
  for (const auto& parked : all.value())
    list.push_back(ParkedToJson(parked));
  Json answer = ParkedEnvelope(true);
  answer["data"] = {{"parked", std::move(list)}};
  std::printf("%s\n", CompactText(answer).c_str());
  return kExitDone;
}

int ExportOne(const Notebook& notebook, const ParkedOptions& options) {
  auto exported = notebook.ExportParked(EntryNumber(options.n));
  if (!exported.ok()) return FailParked(FailureOf(exported.error()), options.json);
  if (options.json) {
    Json answer = ParkedEnvelope(true);
    answer["data"] = std::move(exported).value();
    std::printf("%s\n", CompactText(answer).c_str());
  } else {
    std::printf("%s\n", CompactText(exported.value()).c_str());
  }
  return kExitDone;
}

int ChangeOne(Notebook& notebook, const ParkedOptions& options) {
  const EntryNumber n(options.n);
  const Status done =
      options.action == ParkedAction::kRetry ? notebook.RetryParked(n) : notebook.DiscardParked(n);
  if (!done.ok()) return FailParked(FailureOf(done.error()), options.json);
  return ReportParked(notebook, options.json);
}

}  // namespace

int RunParked(const Settings& settings, const ParkedOptions& options) {
  if (options.action == ParkedAction::kDiscard && !options.is_sure) {
    return FailParked(
        {"INVALID_ARGUMENT", "a discarded write is gone for good",
         "Keep a copy with `contextsync parked export N`, then add --yes.", kExitUsage},
        options.json);
  }
  const auto opened = OfflineNotebook::Open(settings.data_dir, settings.workspace);
  if (!opened.ok()) {
    ParkedFailure failure = FailureOf(opened.error());
    failure.exit = kExitUnavailable;
    return FailParked(failure, options.json);
  }
  Notebook& notebook = opened.value()->notebook();
  switch (options.action) {
    case ParkedAction::kList:
      return ReportParked(notebook, options.json);
    case ParkedAction::kExport:
      return ExportOne(notebook, options);
    case ParkedAction::kRetry:
    case ParkedAction::kDiscard:
      break;
  }
  return ChangeOne(notebook, options);
}

}  // namespace contextsync

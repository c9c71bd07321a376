#include "server/cli/verify_command.h"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "core/document/json.h"
#include "server/cli/answer.h"
#include "server/cli/command_line.h"
#include "server/cli/facts.h"
#include "server/cli/people.h"
#include "server/upkeep/store_verify.h"

namespace contextsync {

namespace {

constexpr const char* kVerify = "verify";

int ShowCheck(const Result<StoreCheck>& check, bool json) {
  if (!check.ok()) return PrintFailure(kVerify, check.error(), json);
  const StoreCheck& found = check.value();
  const bool is_ok = found.problems.empty();
  if (json) {
    Json data = FactsJson(found.path, found.workspaces);
    data["ok"] = is_ok;
    data["problems"] = found.problems;
    PrintAnswer(kVerify, std::move(data));
  } else {
    PrintFacts(found.path, found.workspaces);
    if (found.recovery) std::printf("note: %s\n", found.recovery->message.c_str());
    for (const std::string& problem : found.problems)
      std::printf("problem: %s\n", Shown(problem).c_str());
  }
  return is_ok ? kExitDone : kExitFailed;
}

}  // namespace

int RunVerify(const Settings& settings, bool json) {
  return ShowCheck(VerifyNotebook(settings.data_dir, settings.workspace), json);
}

int RunHubVerify(const HubSettings& settings, bool json) {
  return ShowCheck(VerifyHub(settings.data_dir.string()), json);
}

}  // namespace contextsync

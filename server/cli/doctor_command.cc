#include "server/cli/doctor_command.h"

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/document/json.h"
#include "server/cli/answer.h"
#include "server/cli/command_line.h"
#include "server/cli/people.h"
#include "server/upkeep/client_check.h"
#include "server/upkeep/doctor.h"
#include "server/upkeep/store_recovery.h"

namespace contextsync {

namespace {

Json ChecksToJson(const std::vector<DoctorCheck>& checks) {
  Json list = Json::array();
  for (const DoctorCheck& check : checks) {
    list.push_back({{"name", check.name},
                    {"state", ToString(check.state)},
                    {"message", check.message},
                    {"remedy", check.remedy}});
  }
  return {{"ok", IsHealthy(checks)}, {"checks", std::move(list)}};
}

Json RecoveryToJson(const RecoveryDone& done) {
  Json json = {{"path", done.path},
               {"was_damaged", done.was_damaged},
               {"quarantine", done.quarantine.empty() ? Json() : Json(done.quarantine)},
               {"copied", done.copied},
               {"problems", done.check.problems},
               {"lost_from", nullptr},
               {"lost_to", nullptr},
               {"message", nullptr}};
  if (const auto& salvaged = done.salvaged) {
    json["salvaged"] = {{"contexts", salvaged->contexts},
                        {"entries", salvaged->entries},
                        {"damaged_rows", salvaged->damaged}};
  }
  if (const auto& recovery = done.check.recovery) {
    if (recovery->lost_to > EntryNumber()) {
      json["lost_from"] = recovery->lost_from.value;
      json["lost_to"] = recovery->lost_to.value;
    }
    json["message"] = recovery->message;
  }
  return json;
}

int ShowChecks(const std::vector<DoctorCheck>& checks, const Json& recovery, bool json) {
  const int code = IsHealthy(checks) ? kExitDone : kExitFailed;
  if (json) {
    Json answer = ChecksToJson(checks);
    if (!recovery.is_null()) answer["recovery"] = recovery;
    std::printf("%s\n", CompactText(answer).c_str());
    return code;
  }
  for (const DoctorCheck& check : checks) {
    std::printf("%-6s %-10s %s\n", std::string(ToString(check.state)).c_str(), check.name.c_str(),
                Shown(check.message).c_str());
    if (!check.remedy.empty()) std::printf("%-17s %s\n", "", Shown(check.remedy).c_str());
  }
  return code;
}

void PrintRecovery(const RecoveryDone& done) {
  if (!done.was_damaged) {
    std::printf("%s opens: there was nothing to recover\n", done.path.c_str());
    return;
  }
  std::printf("%s is usable again\nas it was: %s (%zu files)\n", done.path.c_str(),
              done.quarantine.c_str(), done.copied.size());
  if (const auto& salvaged = done.salvaged) {
    std::printf("%s could be read; %s could not\n", Counted(salvaged->contexts, "context").c_str(),
                Counted(salvaged->damaged, "row").c_str());
  }
  const auto& recovery = done.check.recovery;
  if (!recovery) return;
  std::printf("%s\n", recovery->message.c_str());
  if (recovery->lost_to > EntryNumber()) {
    std::printf("missing: own entries %llu to %llu\n",
                static_cast<unsigned long long>(recovery->lost_from.value),
                static_cast<unsigned long long>(recovery->lost_to.value));
  }
}

/// Recovers first if that is wanted, and then looks at everything.
template <typename Examine>
int Run(const DoctorArguments& arguments, const std::function<Result<RecoveryDone>()>& recover,
        const Examine& examine) {
  Json recovery;
  if (arguments.recover) {
    const auto done = recover();
    if (!done.ok()) return PrintFailure("doctor", done.error(), arguments.json);
    recovery = RecoveryToJson(done.value());
    if (!arguments.json) PrintRecovery(done.value());
  }
  return ShowChecks(examine(), recovery, arguments.json);
}

}  // namespace

int ShowSettingsFault(const Error& error, const DoctorArguments& arguments) {
  return ShowChecks({{.name = "settings",
                      .state = CheckState::kError,
                      .message = error.message(),
                      .remedy = "See `contextsync config show --origin`."}},
                    Json(), arguments.json);
}

int RunDoctor(const Settings& settings, const SetupPlaces& clients,
              const DoctorArguments& arguments) {
  return Run(
      arguments, [&] { return RecoverNotebook(settings.data_dir, settings.workspace); },
      [&] {
        auto checks = ExamineNotebook({settings.data_dir, settings.warnings, arguments.fix},
                                      settings.workspace, {settings.hub, settings.token});
        checks.push_back(CheckClients(clients));
        return checks;
      });
}

int RunHubDoctor(const HubSettings& settings, const DoctorArguments& arguments) {
  return Run(
      arguments, [&] { return RecoverHub(settings.data_dir.string()); },
      [&] {
        return ExamineHub({settings.data_dir, settings.warnings, arguments.fix});
      });
}

}  // namespace contextsync

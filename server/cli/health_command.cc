#include "server/cli/health_command.h"

#include <chrono>
#include <cstdio>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "server/app/ask_owner.h"
#include "server/app/hub_app.h"
#include "server/app/hub_data.h"
#include "server/app/status_once.h"
#include "server/cli/answer.h"
#include "server/cli/command_line.h"
#include "server/cli/people.h"

namespace contextsync {

namespace {

constexpr std::chrono::seconds kHealthPatience{3};  // below what container engines wait

struct Health {
  std::string what;
  bool is_well = false;
  std::string message;
};

Health HubHealth(const std::string& data_dir) {
  const auto answer = AskOwner(HubPlace(data_dir), HubReadyRequest(), kHealthPatience);
  if (answer.ok()) return {"hub", true, "the hub answers and its store takes writes"};
  return {"hub", false, answer.error().message()};
}

Health NotebookHealthOf(const Settings& settings) {
  const auto text = StatusByOwner({.data_dir = settings.data_dir,
                                   .workspace = settings.workspace,
                                   .identity = {},
                                   .build = CONTEXTSYNC_VERSION},
                                  kHealthPatience);
  if (!text.ok()) return {"notebook", false, text.error().message()};
  const auto envelope = ParseStrict(text.value(), kWireJsonLimits);
  const bool is_read = envelope.ok() && envelope.value().is_object();
  const Json data = is_read ? envelope.value().value("data", Json::object()) : Json::object();
  const std::string state =
      data.value("notebook", Json::object()).value("state", std::string("unavailable"));
  // Of a full disk no restart makes a larger one, and what is there is still read and sent.
  const bool is_well = state == "normal" || state == "opening" || state == "storage_full";
  return {"notebook", is_well, "the notebook is " + state};
}

bool HasHub(const Result<HubSettings>& hub) {
  std::error_code code;
  return hub.ok() && std::filesystem::is_directory(
                         HubData::StoreDirectory(hub.value().data_dir.string()), code);
}

Health Examine(const SettingsSources& sources, const std::string& what) {
  const auto hub = LoadHubSettings(sources);
  if (what == "hub" || (what.empty() && HasHub(hub))) {
    return hub.ok() ? HubHealth(hub.value().data_dir.string())
                    : Health{"hub", false, hub.error().message()};
  }
  const auto settings = LoadSettings(sources);
  return settings.ok() ? NotebookHealthOf(settings.value())
                       : Health{"notebook", false, settings.error().message()};
}

}  // namespace

int RunHealthcheck(const SettingsSources& sources, const HealthArguments& arguments) {
  const Health health = Examine(sources, arguments.what);
  if (arguments.json) {
    std::printf("%s\n", CompactText(Json{{"ok", health.is_well},
                                         {"what", health.what},
                                         {"message", health.message}})
                            .c_str());
  } else {
    std::printf("%s: %s\n", health.is_well ? "well" : "not well", Shown(health.message).c_str());
  }
  return health.is_well ? kExitDone : kExitFailed;
}

}  // namespace contextsync

#include "server/cli/config_command.h"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "core/document/json.h"
#include "server/cli/command_line.h"
#include "server/cli/people.h"

namespace contextsync {

namespace {

void AddRow(TextTable& table, const std::string& key, const Setting& setting) {
  const std::string origin(ToString(setting.origin));
  table.Add({key, setting.IsSet() ? setting.value : "-",
             setting.source.empty() ? origin : origin + " (" + setting.source + ")"});
}

}  // namespace

int ShowConfig(const SettingsSources& sources, bool with_origin, bool json) {
  const auto settings = LoadSettings(sources);
  if (!settings.ok()) {
    static_cast<void>(
        std::fprintf(stderr, "contextsync: %s\n", settings.error().message().c_str()));
    return kExitUsage;
  }
  Json list = Json::array();
  // Rows are cut to the header: without `--origin` the last cell goes.
  TextTable table(with_origin ? std::vector<std::string>{"SETTING", "VALUE", "ORIGIN"}
                              : std::vector<std::string>{"SETTING", "VALUE"});
  for (const auto& [key, setting] : settings.value().shown) {
    list.push_back({{"key", key}, {"value", setting.value}, {"origin", ToString(setting.origin)}});
    AddRow(table, key, setting);
  }
  const std::string text = json ? CompactText(Json{{"settings", std::move(list)}}) + "\n"
                                : table.Render(WindowColumns(), MayColour());
  std::fputs(text.c_str(), stdout);
  return kExitDone;
}

}  // namespace contextsync

#include "server/cli/config_command.h"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "core/document/json.h"
#include "server/cli/command_line.h"

namespace contextsync {

namespace {

void PrintLine(const std::string& key, const Setting& setting, bool with_origin) {
  const char* value = setting.IsSet() ? setting.value.c_str() : "-";
  if (!with_origin) {
    std::printf("%-18s %s\n", key.c_str(), value);
    return;
  }
  const std::string origin(ToString(setting.origin));
  const auto place = setting.source.empty() ? origin : origin + " (" + setting.source + ")";
  std::printf("%-18s %-40s %s\n", key.c_str(), value, place.c_str());
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
  for (const auto& [key, setting] : settings.value().shown) {
    list.push_back({{"key", key}, {"value", setting.value}, {"origin", ToString(setting.origin)}});
    if (!json) PrintLine(key, setting, with_origin);
  }
  if (json) std::printf("%s\n", CompactText(Json{{"settings", std::move(list)}}).c_str());
  return kExitDone;
}

}  // namespace contextsync

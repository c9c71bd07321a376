#include "server/cli/version_command.h"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "core/document/json.h"
#include "core/ports/hub_messages.h"
#include "server/cli/command_line.h"

namespace contextsync {

int ShowVersion(bool json) {
  constexpr const char* kVersion = CONTEXTSYNC_VERSION;
  if (!json) {
    std::printf("contextsync %s\n", kVersion);
    return kExitDone;
  }
  const Json answer = {
      {"version", kVersion},
      {"build", kVersion},
      {"protocol", {{"min", kProtocolVersion}, {"max", kProtocolVersion}}},
      {"mcp", {"2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"}}};
  std::printf("%s\n", CompactText(answer).c_str());
  return kExitDone;
}

}  // namespace contextsync

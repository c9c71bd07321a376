#include "server/cli/facts.h"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "server/cli/people.h"

namespace contextsync {

Json FactsJson(const std::string& path, const std::vector<WorkspaceFacts>& workspaces) {
  std::uint64_t contexts = 0;
  std::uint64_t bytes = 0;
  Json list = Json::array();
  for (const WorkspaceFacts& facts : workspaces) {
    contexts += facts.contexts;
    bytes += facts.bytes;
    list.push_back({{"workspace", facts.workspace.value},
                    {"contexts", facts.contexts},
                    {"bytes", facts.bytes},
                    {"cursor", facts.cursor.value},
                    {"state_hash", facts.state_hash}});
  }
  Json data = {{"path", path}, {"contexts", contexts}, {"bytes", bytes}};
  const bool is_one = workspaces.size() == 1;
  data["cursor"] = is_one ? Json(workspaces.front().cursor.value) : Json();
  data["state_hash"] = is_one ? Json(workspaces.front().state_hash) : Json();
  data["workspaces"] = std::move(list);
  return data;
}

void PrintFacts(const std::string& path, const std::vector<WorkspaceFacts>& workspaces) {
  std::printf("%s\n", path.c_str());
  for (const WorkspaceFacts& facts : workspaces) {
    std::printf("%s: %s, cursor %llu\nstate %s\n", facts.workspace.value.c_str(),
                Counted(facts.contexts, "context").c_str(),
                static_cast<unsigned long long>(facts.cursor.value), facts.state_hash.c_str());
  }
}

}  // namespace contextsync

#include "server/app/token_tool.h"

#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/hub/hub_service.h"
#include "core/hub/table_hub_store.h"
#include "core/hub/token_registry.h"
#include "server/app/ask_owner.h"
#include "server/app/hub_data.h"
#include "server/app/system_clock.h"
#include "server/app/worker_pool.h"
#include "server/hub/token_admin.h"

namespace contextsync {

namespace {

constexpr std::chrono::seconds kAnswerTimeout{10};

Result<Json> OnStore(HubData& data, const Json& request) {
  SystemClock clock;
  SystemRandom random;
  TableHubStore store(data.store());
  WorkerPool workers({.name = "token", .threads = 1});
  HubService service(store, clock, random, workers, HubOptions{});
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto tokens,
                               TokenRegistry::Open({.store = data.store(),
                                                    .table = HubData::token_table(),
                                                    .clock = clock,
                                                    .random = random,
                                                    .mint = [&](const WorkspaceId& workspace) {
                                                      return service.CreateWorkspace(workspace);
                                                    }}));
  return RunTokenCommand(*tokens, request);
}

Result<Json> ByItself(const std::string& data_dir, const Json& request) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto data, HubData::Open(data_dir));
  return OnStore(*data, request);
}

}  // namespace

Result<Json> AskForTokens(const std::string& data_dir, const Json& request) {
  return AloneOrByOwner<Json>(
      [&] { return ByItself(data_dir, request); },
      [&] { return AskOwner(HubPlace(data_dir), request, kAnswerTimeout); });
}

}  // namespace contextsync

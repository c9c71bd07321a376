#include "server/app/token_tool.h"

#include <chrono>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/hub/hub_service.h"
#include "core/hub/table_hub_store.h"
#include "core/hub/token_registry.h"
#include "server/app/hub_data.h"
#include "server/app/system_clock.h"
#include "server/app/worker_pool.h"
#include "server/hub/admin_socket.h"
#include "server/hub/token_admin.h"

namespace contextsync {

namespace {

// A hub that is starting holds the lock a moment before it listens; one that is stopping, a moment
// after.
constexpr std::chrono::seconds kPatience{5};
constexpr std::chrono::milliseconds kPause{50};
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

Result<Json> OfHub(const std::string& data_dir, const Json& request) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const std::string answer,
                               AskHub(data_dir, CompactText(request), kAnswerTimeout));
  CONTEXTSYNC_ASSIGN_OR_RETURN(Json json, ParseStrict(answer));
  return TokenResultFromJson(std::move(json));
}

}  // namespace

Result<Json> AskForTokens(const std::string& data_dir, const Json& request) {
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    Result<std::unique_ptr<HubData>> data = HubData::Open(data_dir);
    if (data.ok()) return OnStore(*data.value(), request);
    if (data.error().code() != ErrorCode::kConflict) return std::move(data).error();
    Result<Json> answer = OfHub(data_dir, request);
    // Only a hub that was not reached at all may be asked again: a command that timed out may have
    // been done.
    const bool unreached = !answer.ok() && answer.error().code() == ErrorCode::kUnavailable;
    if (!unreached || std::chrono::steady_clock::now() > give_up) return answer;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace contextsync

#include "server/app/hub_app.h"

#include <unistd.h>

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/log.h"
#include "core/document/json.h"
#include "core/hub/hub_service.h"
#include "core/hub/table_hub_store.h"
#include "core/hub/token_registry.h"
#include "server/app/hub_data.h"
#include "server/app/store_copy.h"
#include "server/app/system_clock.h"
#include "server/app/worker_pool.h"
#include "server/hub/admin_socket.h"
#include "server/hub/guarded_clock.h"
#include "server/hub/hub_server.h"
#include "server/hub/service_backend.h"
#include "server/hub/token_admin.h"
#include "server/net/io_thread.h"

namespace contextsync {

namespace {

// Writers mostly wait for fsync, readers for the disk: more threads than cores serve more
// workspaces at once.
constexpr std::size_t kWriters = 4;
constexpr std::size_t kReaders = 4;
// Above this many waiting reads a notebook is better off told to come again.
constexpr std::size_t kMaxQueuedReads = 2048;

// Tombstones are collected after a month: an hour more does not matter.
constexpr std::chrono::hours kCollectEvery{1};

/// The machine's own name: how others on its network call it.
std::string HostName() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

}  // namespace

class HubApp::Parts {
 public:
  Parts(const HubAppOptions& options, std::unique_ptr<HubData> data)
      : data_(std::move(data)),
        clock_(machine_clock_),
        writers_({.name = "hub-write", .threads = kWriters}),
        readers_({.name = "hub-read", .threads = kReaders, .max_queued = kMaxQueuedReads}),
        store_(data_->store()),
        service_(store_, clock_, random_, writers_,
                 HubOptions{.create_workspaces = options.no_auth, .retention = options.retention}),
        backend_(
            {.service = service_,
             .clock = clock_,
             .offload =
                 [this](std::function<void()> work) { return readers_.TryPost(std::move(work)); },
             .probe_store = [this] { return data_->Probe(); },
             .housekeeping =
                 [this] {
                   SaveUses();
                   CollectInTime();
                 }}),
        next_collection_(clock_.Now() + kCollectEvery),
        io_("hub-io") {}

  ~Parts() {
    admin_.reset();
    server_.reset();
    // What runs on the pools uses the service, and the service posts to them: both rest before
    // either goes.
    readers_.Stop();
    writers_.Stop();
    readers_.WaitUntilIdle(Clock::Instant::max());
    writers_.WaitUntilIdle(Clock::Instant::max());
    if (tokens_ != nullptr) SaveUses();
  }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  Status Start(const HubAppOptions& options) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(tokens_,
                                 TokenRegistry::Open({.store = data_->store(),
                                                      .table = HubData::token_table(),
                                                      .clock = clock_,
                                                      .random = random_,
                                                      .mint = [this](const WorkspaceId& workspace) {
                                                        return service_.CreateWorkspace(workspace);
                                                      }}));
    HubServerOptions server;
    server.host = options.address;
    server.port = options.port;
    server.allowed_hosts = options.allowed_hosts;
    server.allowed_hosts.push_back(HostName());
    CONTEXTSYNC_ASSIGN_OR_RETURN(
        server_, HubServer::Start(server, {.io = io_,
                                           .backend = backend_,
                                           .tokens = options.no_auth ? nullptr : tokens_.get(),
                                           .clock = clock_}));
    CONTEXTSYNC_ASSIGN_OR_RETURN(
        admin_, AdminSocket::Listen(
                    io_, options.data_dir,
                    [this](std::string line, const std::function<void(std::string)>& reply) {
                      Administer(std::move(line), reply);
                    }));
    return {};
  }

  [[nodiscard]] HubServer& server() { return *server_; }

  void Stop() { server_->Stop(); }

  bool WaitUntilIdle(Clock::Instant deadline) {
    return server_->WaitUntilIdle(deadline) && service_.WaitUntilIdle(deadline) &&
           readers_.WaitUntilIdle(deadline) && writers_.WaitUntilIdle(deadline);
  }

 private:
  /// The first time comes late: by then every notebook that is there has said hello by this hub's
  /// clock, right or wrong, and is not taken for one that is long gone.
  void CollectInTime() {
    if (clock_.Now() < next_collection_) return;
    next_collection_ = clock_.Now() + kCollectEvery;
    service_.Collect();
  }

  void SaveUses() {
    const Status saved = tokens_->SaveUses();
    if (!saved.ok()) {
      CONTEXTSYNC_LOG(kWarning, "the last uses of tokens were not saved",
                      {{"error", saved.error().message()}});
    }
  }

  void Administer(std::string line, const std::function<void(std::string)>& reply) {
    const auto run = [this, line = std::move(line), reply] { reply(CompactText(Answer(line))); };
    if (readers_.TryPost(run)) return;
    reply(CompactText(TokenErrorToJson(Error(ErrorCode::kUnavailable, "the hub is overloaded"))));
  }

  Json Answer(const std::string& line) {
    Result<Json> request = ParseStrict(line);
    if (!request.ok()) return TokenErrorToJson(request.error());
    if (request.value() == HubReadyRequest()) return AnswerReady();
    auto copied = AnswerCopyRequest(data_->store(), request.value());
    Result<Json> result = copied ? *std::move(copied) : RunTokenCommand(*tokens_, request.value());
    return result.ok() ? std::move(result).value() : TokenErrorToJson(result.error());
  }

  Json AnswerReady() {
    const Status ready = data_->Probe();
    return ready.ok() ? Json{{"ready", true}} : TokenErrorToJson(ready.error());
  }

  // In the order of dependence; destroyed in reverse, so that nothing outlives what it uses.
  const std::unique_ptr<HubData> data_;
  SystemClock machine_clock_;
  GuardedClock clock_;
  SystemRandom random_;
  std::unique_ptr<TokenRegistry> tokens_;
  WorkerPool writers_;
  WorkerPool readers_;
  TableHubStore store_;
  HubService service_;
  ServiceBackend backend_;
  Clock::Instant next_collection_;  // housekeeping runs one at a time
  IoThread io_;
  std::unique_ptr<HubServer> server_;
  std::unique_ptr<AdminSocket> admin_;
};

Json HubReadyRequest() {
  return {{"command", "ready"}};
}

HubApp::HubApp(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

HubApp::~HubApp() = default;

Result<std::unique_ptr<HubApp>> HubApp::Start(const HubAppOptions& options) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(std::unique_ptr<HubData> data, HubData::Open(options.data_dir));
  auto parts = std::make_unique<Parts>(options, std::move(data));
  CONTEXTSYNC_RETURN_IF_ERROR(parts->Start(options));
  return std::unique_ptr<HubApp>(new HubApp(std::move(parts)));
}

std::string HubApp::url() const {
  return parts_->server().url();
}

void HubApp::Stop() {
  parts_->Stop();
}

bool HubApp::WaitUntilIdle(Clock::Instant deadline) {
  return parts_->WaitUntilIdle(deadline);
}

}  // namespace contextsync

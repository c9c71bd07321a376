#include "server/app/shared_notebook.h"

#include <utility>

#include "core/base/failpoint.h"
#include "core/base/uuid.h"
#include "server/app/store_place.h"

namespace contextsync {

namespace {

// Calls that wait for a slow hub hold a worker each, so there may be many; they start as they are
// needed.
constexpr std::size_t kWorkers = 32;

constexpr std::chrono::milliseconds kWorkersIdle{1'000};

std::string MintSessionId(const Clock& clock, Random& random) {
  return MakeUuidV7(static_cast<std::uint64_t>(clock.WallMillis()), random.Next(), random.Next());
}

}  // namespace

SharedNotebook::SharedNotebook(SharedNotebookOptions options, Clock& clock, Random& random)
    : options_(std::move(options)),
      session_id_(MintSessionId(clock, random)),
      host_(options_.host, clock, random),
      waiting_(clock),
      workers_(
          std::make_unique<WorkerPool>(WorkerPool::Options{.name = "tool", .threads = kWorkers})),
      dispatcher_({options_.identity, host_, clock, random, *workers_,
                   options_.host.connection.build, waiting_.room()}),
      tools_({.local = dispatcher_,
              .resume =
                  [this](const SessionPosition& position) {
                    dispatcher_.Resume(session_id_, position);
                  },
              .need = [this] { host_.Need(); },
              .clock = clock,
              .random = random,
              .has_hub = !options_.host.connection.hub.empty(),
              .branch = options_.branch}),
      link_(NotebookPlace(options_.host.data_dir, options_.host.connection.workspace), Hello(),
            tools_),
      server_({.workspace = host_,
               .clock = clock,
               .random = random,
               .workers = *workers_,
               .waiting = waiting_.room(),
               .workspace_name = options_.identity.workspace,
               .hub = options_.identity.hub,
               .build = options_.host.connection.build,
               .gives_way = options_.gives_way}) {
  host_.commits().Listen([this] { waiting_.room().Ring(); });
  host_.Start(this);
}

SharedNotebook::~SharedNotebook() {
  host_.commits().Listen(nullptr);
  server_.Stop();
  host_.StopOpening();
  workers_->Stop();
  workers_->WaitUntilIdle(std::chrono::steady_clock::now() + kWorkersIdle);
  PassFailpoint(Failpoint::kEndWorkersIdle);
  workers_.reset();  // joined while what they use is still there
  host_.CloseDoor();
}

RelayHello SharedNotebook::Hello() const {
  RelayHello hello;
  hello.build = options_.host.connection.build;
  hello.session = session_id_;
  hello.agent = options_.identity.agent;
  hello.hub = options_.identity.hub;
  hello.project = options_.identity.project;
  hello.branch = options_.identity.branch;
  hello.task = options_.identity.task;
  hello.client = options_.client;
  return hello;
}

/// The nearest process above that has sessions here is the client; of two sessions nobody knows
/// which one it was.
std::string SharedNotebook::SessionOf(const std::vector<std::string>& above) {
  for (const std::string& process : above) {
    std::vector<std::string> sessions = server_.SessionsOf(process);
    if (process == options_.client) sessions.push_back(session_id_);
    if (!sessions.empty()) return sessions.size() == 1 ? sessions.front() : std::string();
  }
  return {};
}

bool SharedNotebook::VisitHolder(const std::stop_token& stop) {
  const auto outcome = link_.Visit(stop);
  if (outcome != HolderLink::Outcome::kGone) tools_.Detach(link_.trouble());
  return outcome == HolderLink::Outcome::kGone;
}

}  // namespace contextsync

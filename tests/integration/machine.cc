#include "tests/integration/machine.h"

#include <future>
#include <utility>

#include "core/base/check.h"

namespace contextsync {

namespace {

constexpr auto kAnswerWait = std::chrono::seconds(60);

Identity IdentityOf(const std::string& agent, const std::string& hub) {
  Identity identity;
  identity.agent = agent;
  identity.workspace = "default";
  identity.hub = hub;
  return identity;
}

NotebookHostOptions HostOptionsOf(const std::string& data_dir, const std::string& hub,
                                  const std::string& agent) {
  return {.data_dir = data_dir,
          .connection = {.hub = hub,
                         .token = "",
                         .workspace = WorkspaceId("default"),
                         .agent = agent,
                         .build = "test"}};
}

}  // namespace

HubMachine::HubMachine(std::string data_dir) : data_dir_(std::move(data_dir)) {
  Start();
}

void HubMachine::Start() {
  HubAppOptions options;
  options.port = port_;
  options.data_dir = data_dir_;
  options.no_auth = true;
  auto app = HubApp::Start(options);
  CONTEXTSYNC_CHECK(app.ok());
  app_ = std::move(app).value();
  url_ = app_->url();
  port_ = static_cast<std::uint16_t>(std::stoul(url_.substr(url_.rfind(':') + 1)));
}

void HubMachine::Stop() {
  SystemClock clock;
  app_->Stop();
  app_->WaitUntilIdle(clock.Now() + std::chrono::seconds(3));
  app_.reset();
}

AgentMachine::AgentMachine(const std::string& data_dir, const std::string& hub,
                           const std::string& agent)
    : agent_(agent),
      identity_(IdentityOf(agent, hub)),
      host_(HostOptionsOf(data_dir, hub, agent), clock_, random_),
      workers_({.name = "tool", .threads = 8}),
      tools_({identity_, host_, clock_, random_, workers_, "test", waiting_.room()}) {
  host_.commits().Listen([this] { waiting_.room().Ring(); });
  host_.Start();
}

AgentMachine::~AgentMachine() {
  host_.commits().Listen(nullptr);
  workers_.Stop();
  workers_.WaitUntilIdle(Clock::Instant::max());
}

Json AgentMachine::Call(const std::string& tool, const Json& arguments) {
  ToolRequest request;
  request.tool = tool;
  request.arguments = std::make_shared<const Json>(arguments);
  request.session_id = agent_;
  request.client_name = agent_;
  auto answered = std::make_shared<std::promise<std::string>>();
  auto answer = answered->get_future();
  tools_.Call(std::move(request),
              [answered](ToolAnswer said) { answered->set_value(std::move(said.json)); });
  CONTEXTSYNC_CHECK(answer.wait_for(kAnswerWait) == std::future_status::ready);
  return Json::parse(answer.get());
}

Result<NotebookFingerprint> AgentMachine::Fingerprint() {
  auto open = host_.Acquire(clock_.Now() + kAnswerWait);
  if (!open.ok()) return Error(ErrorCode::kUnavailable, open.failure().message);
  return open.value().notebook.Fingerprint();
}

}  // namespace contextsync

#include "server/relay/tool_dispatcher.h"

#include <atomic>

#include <nlohmann/json.hpp>

#include "core/base/failpoint.h"
#include "core/document/json.h"
#include "core/tools/parameters.h"

namespace contextsync {

namespace {

constexpr std::string_view kManageContext = "manage_context";
constexpr std::string_view kStatus = "status";

std::string TextOf(const Json& arguments, const char* name) {
  const auto found = arguments.find(name);
  return found != arguments.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool IsWrite(const Json& arguments) {
  const auto action = TextOf(arguments, "action");
  for (const auto& info : Actions()) {
    if (info.name == action) return info.is_write;
  }
  return false;
}

/// The task that a call names; empty if it may touch other contexts than that. A task's write
/// creates what is above it and a delete takes what is below, so calls on other levels keep their
/// place among all.
std::string OrderKey(const Json& arguments) {
  if (TextOf(arguments, "action") == "delegate") return {};  // it writes to another level
  const auto level = TextOf(arguments, "level");
  return level.empty() || level == "task" ? TextOf(arguments, "context_id") : std::string();
}

}  // namespace

struct ToolDispatcher::Connection {
  Connection(std::string id, std::string client_name)
      : session(std::move(id), std::move(client_name)) {}

  Session session;
  CallOrder order;
  std::atomic<bool> has_ended = false;  // nothing more comes in
};

/// A call on its way through the tool.
struct ToolDispatcher::Running {
  CallableTool* tool;
  std::shared_ptr<Connection> connection;
  ToolRequest request;
  std::function<void(ToolAnswer)> done;

  void Answer(ToolResult result) const {
    PassFailpoint(Failpoint::kAnswerReady);
    done({std::move(result.json), result.is_error});
  }
};

ToolDispatcher::ToolDispatcher(Parts parts)
    : workspace_(parts.workspace),
      workers_(parts.workers),
      waiting_(parts.waiting),
      manage_context_(parts.identity, parts.clock, parts.random),
      status_(parts.identity, parts.workspace, parts.clock, std::move(parts.version)),
      synced_manage_context_(manage_context_, parts.workspace, parts.clock),
      synced_status_(status_, parts.workspace, parts.clock),
      metered_manage_context_(synced_manage_context_, metrics_, parts.clock),
      metered_status_(synced_status_, metrics_, parts.clock),
      tools_json_(CompactText(Json::array({manage_context_.Describe(), status_.Describe()}))) {}

ToolDispatcher::~ToolDispatcher() = default;

CallableTool* ToolDispatcher::Find(std::string_view name) {
  if (name == kManageContext) return &metered_manage_context_;
  if (name == kStatus) return &metered_status_;
  return nullptr;
}

bool ToolDispatcher::HasTool(std::string_view name) const {
  return name == kManageContext || name == kStatus;
}

std::shared_ptr<ToolDispatcher::Connection> ToolDispatcher::ConnectionOf(
    const ToolRequest& request) {
  const MutexLock lock(mu_);
  auto& connection = connections_[request.session_id];
  if (connection == nullptr) {
    connection = std::make_shared<Connection>(request.session_id, request.client_name);
    if (const auto resumed = resumed_.extract(request.session_id); !resumed.empty())
      connection->session.Resume(resumed.mapped());
  }
  return connection;
}

void ToolDispatcher::Resume(const std::string& session_id, const SessionPosition& position) {
  const MutexLock lock(mu_);
  resumed_[session_id] = position;
}

SessionPosition ToolDispatcher::PositionOf(const std::string& session_id) {
  const MutexLock lock(mu_);
  if (const auto found = connections_.find(session_id); found != connections_.end())
    return found->second->session.position();
  const auto resumed = resumed_.find(session_id);
  return resumed == resumed_.end() ? SessionPosition{} : resumed->second;
}

void ToolDispatcher::Call(ToolRequest request, std::function<void(ToolAnswer)> done) {
  CallableTool* const tool = Find(request.tool);
  if (tool == nullptr) return;  // `done` dropped uncalled: the protocol layer has checked HasTool
  OrderedCall call{IsWrite(*request.arguments), OrderKey(*request.arguments), nullptr};
  const auto connection = ConnectionOf(request);
  const auto running = std::make_shared<const Running>(
      Running{tool, connection, std::move(request), std::move(done)});
  call.start = [this, running](std::uint64_t ticket) {
    workers_.Post([this, running, ticket] { Run(running, ticket); });
  };
  connection->order.Submit(std::move(call));
}

void ToolDispatcher::Run(const std::shared_ptr<const Running>& running, std::uint64_t ticket) {
  const auto& request = running->request;
  if (!request.cancelled.stop_requested()) {
    const auto seen = waiting_.changes();
    auto outcome = running->tool->Start(
        {*request.arguments, request.defect, running->connection->session, request.branch});
    if (outcome.waiting == nullptr) {
      running->Answer(std::move(outcome.result));
    } else {
      Park(running, std::move(outcome), seen);
    }
  }
  running->connection->order.Finish(ticket);
}

/// From here on the call holds neither a worker nor its place in the session's order.
void ToolDispatcher::Park(const std::shared_ptr<const Running>& running, ToolOutcome outcome,
                          std::uint64_t seen) {
  const auto& request = running->request;
  waiting_.Park({.session_id = request.session_id,
                 .cancelled = request.cancelled,
                 .seen = seen,
                 .call = std::move(outcome.waiting),
                 .done = [running](std::optional<ToolResult> result) {
                   if (result) running->Answer(std::move(*result));
                 }});
  // The session may have ended just before the call was there to be told.
  if (running->connection->has_ended) waiting_.EndSession(request.session_id);
}

void ToolDispatcher::EndInput(const std::string& session_id) {
  {
    const MutexLock lock(mu_);
    const auto found = connections_.find(session_id);
    if (found == connections_.end()) return;
    found->second->has_ended = true;
  }
  waiting_.EndSession(session_id);
}

}  // namespace contextsync

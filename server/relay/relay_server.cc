#include "server/relay/relay_server.h"

#include <pthread.h>
#include <unistd.h>

#include <map>
#include <optional>
#include <stop_token>
#include <utility>

#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/tools/identity.h"
#include "server/relay/relay_wire.h"
#include "server/relay/tool_dispatcher.h"

namespace contextsync {

namespace {

constexpr std::size_t kMostGuests = 256;
// Escaping may double a message, and a little is put around it.
constexpr std::size_t kLongestRequest = 2 * limits::kMessageBytes + 64 * limits::kKiB;
constexpr std::chrono::seconds kGuestBeat{60};  // nothing is due: calls and lines wake it

constexpr const char* kNoAnswer = "null";  // the protocol layer turns it into an internal error

bool IsOneLine(const std::string& json) {
  return !json.empty() && json.find('\n') == std::string::npos;
}

}  // namespace

/// One relaying process. Its calls keep it alive; its thread is the server's.
class RelayServer::Guest : public std::enable_shared_from_this<Guest> {
 public:
  Guest(const Parts& parts, std::unique_ptr<LineChannel> channel)
      : parts_(parts), sink_(channel->sink()), channel_(std::move(channel)) {}

  /// Until the relay leaves or Stop.
  void Run(RelayServer& server) {
    channel_->Run([&](std::string_view line) { return OnLine(line, server); }, [] {}, kGuestBeat);
    const MutexLock lock(mu_);
    for (auto& [number, stop] : running_)
      stop.request_stop();
  }

  void Stop() { channel_->Stop(); }

  /// Empty unless `client` began the process that relays.
  [[nodiscard]] std::string SessionFor(const std::string& client) const {
    const MutexLock lock(mu_);
    return client_ == client ? session_of_client_ : std::string();
  }

 private:
  bool OnLine(std::string_view line, RelayServer& server) {
    if (tools_ == nullptr) return Greet(line, server);
    auto request = ReadRelayRequest(line);
    if (!request.ok()) return false;
    std::visit([this](auto& one) { Handle(one); }, request.value());
    return true;
  }

  bool Greet(std::string_view line, RelayServer& server) {
    const auto hello = ReadRelayHello(line);
    if (!hello.ok()) return false;
    if (hello.value().protocol != kRelayProtocol) return Deny(OtherBuild(hello.value()), false);
    if (server.AskToLeave()) return Deny("it leaves", true);
    Welcome(hello.value());
    return true;
  }

  [[nodiscard]] std::string OtherBuild(const RelayHello& hello) const {
    return "process " + std::to_string(getpid()) + " has it open and is contextsync " +
           parts_.build + ", which cannot work together with " + hello.build +
           ": restart the older one";
  }

  bool Deny(std::string reason, bool leaves) {
    sink_->Send(Encode(RelayReply(RelayDenial{std::move(reason), leaves})));
    return false;
  }

  void Welcome(const RelayHello& hello) {
    identity_.agent = hello.agent;
    identity_.workspace = parts_.workspace_name;
    identity_.hub = parts_.hub;
    if (hello.hub != parts_.hub) identity_.other_hub = hello.hub;
    identity_.project = hello.project;
    identity_.branch = hello.branch;
    identity_.task = hello.task;
    session_id_ = hello.session;
    tools_ = std::make_unique<ToolDispatcher>(
        ToolDispatcher::Parts{identity_, parts_.workspace, parts_.clock, parts_.random,
                              parts_.workers, parts_.build, parts_.waiting});
    tools_->Resume(session_id_, StartOf(hello.position));
    {
      const MutexLock lock(mu_);
      client_ = hello.client;
      session_of_client_ = session_id_;
    }
    sink_->Send(Encode(RelayReply(RelayWelcome{.protocol = kRelayProtocol,
                                               .build = parts_.build,
                                               .pid = static_cast<std::uint64_t>(getpid()),
                                               .position = tools_->PositionOf(session_id_)})));
  }

  /// A new session begins with what the notebook holds now; where that still catches up with the
  /// hub, the first call begins it.
  [[nodiscard]] SessionPosition StartOf(SessionPosition position) const {
    auto open = parts_.workspace.Acquire(parts_.clock.Now());
    if (position.has_started || !open.ok() || !open.value().start) return position;
    const ChangePosition now = open.value().notebook.Latest();
    return {true, now, now};
  }

  void Handle(RelayCall& call) {
    if (!tools_->HasTool(call.tool)) return Answer(call.number, {kNoAnswer, true});
    std::stop_source stop;
    {
      const MutexLock lock(mu_);
      running_[call.number] = stop;
    }
    ToolRequest request{.tool = std::move(call.tool),
                        .arguments = std::move(call.arguments),
                        .defect = std::move(call.defect),
                        .session_id = session_id_,
                        .client_name = std::move(call.client_name),
                        .cancelled = stop.get_token(),
                        .branch = std::move(call.branch)};
    tools_->Call(std::move(request),
                 [self = shared_from_this(), number = call.number](const ToolAnswer& answer) {
                   self->Answer(number, answer);
                 });
  }

  void Handle(const RelayCancel& cancel) {
    const MutexLock lock(mu_);
    const auto found = running_.find(cancel.number);
    if (found != running_.end()) found->second.request_stop();
    running_.erase(cancel.number);
  }

  void Handle(const RelayEnd& /*end*/) { tools_->EndInput(session_id_); }

  void Handle(const RelayPing& ping) { sink_->Send(Encode(RelayReply(ping))); }

  void Answer(std::uint64_t number, const ToolAnswer& answer) {
    {
      const MutexLock lock(mu_);
      running_.erase(number);
    }
    const RelayAnswer head{number, answer.is_error, tools_->PositionOf(session_id_)};
    // One message, so that no other line comes between.
    sink_->Send(Encode(RelayReply(head)) + "\n" +
                (IsOneLine(answer.json) ? answer.json : kNoAnswer));
  }

  const Parts parts_;
  const std::shared_ptr<mcp::Outbox> sink_;
  const std::unique_ptr<LineChannel> channel_;

  // Of the connection's thread until the first call.
  Identity identity_;
  std::string session_id_;
  std::unique_ptr<ToolDispatcher> tools_;  // null before the greeting

  mutable Mutex mu_;
  std::map<std::uint64_t, std::stop_source> running_ GUARDED_BY(mu_);
  std::string client_ GUARDED_BY(mu_);             // empty before the greeting
  std::string session_of_client_ GUARDED_BY(mu_);  // `session_id_` for other threads
};

RelayServer::RelayServer(Parts parts) : parts_(std::move(parts)) {}

RelayServer::~RelayServer() {
  Stop();
}

void RelayServer::RemoveLeft() {
  places_.remove_if([](const Place& place) { return place.has_left.load(); });
}

void RelayServer::Adopt(mcp::UniqueFd socket, std::string received) {
  auto channel = LineChannel::Open(std::move(socket), kLongestRequest);
  if (!channel.ok()) return;
  channel.value()->Unread(std::move(received));
  const MutexLock lock(mu_);
  RemoveLeft();
  if (is_stopped_ || places_.size() >= kMostGuests) return;
  Place& place = places_.emplace_back();
  place.guest = std::make_shared<Guest>(parts_, std::move(channel).value());
  place.thread = std::jthread([this, &place] {
    static_cast<void>(pthread_setname_np(pthread_self(), "relay"));
    place.guest->Run(*this);
    place.has_left = true;
  });
}

void RelayServer::Stop() {
  std::list<Place> leaving;  // its threads are joined last, without the lock
  {
    const MutexLock lock(mu_);
    is_stopped_ = true;
    leaving.swap(places_);
  }
  for (Place& place : leaving)
    place.guest->Stop();
}

std::vector<std::string> RelayServer::SessionsOf(const std::string& client) const {
  std::vector<std::string> sessions;
  const MutexLock lock(mu_);
  for (const Place& place : places_) {
    std::string session = place.has_left ? std::string() : place.guest->SessionFor(client);
    if (!session.empty()) sessions.push_back(std::move(session));
  }
  return sessions;
}

std::size_t RelayServer::guests() const {
  const MutexLock lock(mu_);
  std::size_t count = 0;
  for (const Place& place : places_)
    count += place.has_left ? 0U : 1U;
  return count;
}

}  // namespace contextsync

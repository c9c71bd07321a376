#include "server/hub/hub_server.h"

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/hub/listener.h"
#include "server/hub/server_context.h"

namespace contextsync {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

Result<tcp::endpoint> Resolve(const std::string& host, std::uint16_t port) {
  asio::io_context unused;  // a resolver needs one, even to answer at once
  tcp::resolver resolver(unused);
  error_code error;
  const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, error);
  if (error || found.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "cannot resolve the listen address: " + error.message());
  }
  return found.begin()->endpoint();
}

Result<tcp::acceptor> Listen(asio::io_context& context, const tcp::endpoint& endpoint) {
  tcp::acceptor acceptor(context);
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return Error(ErrorCode::kUnavailable, "cannot listen: " + error.message());
  return acceptor;
}

/// Timers of the io thread, for code that must not know Asio.
After AfterOn(asio::io_context& context) {
  return [&context](std::chrono::milliseconds delay, std::function<void()> work) {
    auto timer = std::make_shared<asio::steady_timer>(context, delay);
    timer->async_wait([timer, work = std::move(work)](error_code error) {
      if (!error) work();
    });
  };
}

RequestGate::Options GateOptions(const HubServerOptions& options) {
  RequestGate::Options gate;
  gate.hosts = options.allowed_hosts;
  const bool is_v6 = options.host.find(':') != std::string::npos;
  gate.hosts.push_back(is_v6 ? "[" + options.host + "]" : options.host);
  gate.failed_auth_per_minute = options.tuning.failed_auth_per_minute;
  return gate;
}

}  // namespace

/// What lives on the io thread.
class HubServer::Parts {
 public:
  Parts(const HubServerOptions& options, const Environment& environment, tcp::acceptor acceptor)
      : io_(environment.io),
        backend_(environment.backend),
        endpoint_(acceptor.local_endpoint()),
        context_(new ServerContext{
            options.tuning, environment.clock, environment.tokens,
            std::make_shared<Connections>(Connections::Caps{
                options.tuning.connections, options.tuning.connections_per_address}),
            RequestGate(GateOptions(options), environment.tokens, environment.clock),
            HubApi(environment.backend, environment.clock, options.tuning,
                   AfterOn(environment.io.context()))}),
        listener_(std::make_shared<Listener>(std::move(acceptor), context_)),
        heartbeat_(environment.io.context()),
        tick_(environment.io.context()) {}

  void Start() {
    listener_->Start();
    Beat();
    Tick();
  }

  void BeginStop() {
    if (std::exchange(context_->is_stopping, true)) return;
    listener_->Stop();
    context_->api.Stop();
    context_->connections->BeginStop();
  }

  void End() {
    BeginStop();
    has_ended_ = true;
    heartbeat_.cancel();
    tick_.cancel();
    context_->connections->AbortAll();
  }

  [[nodiscard]] IoThread& io() { return io_; }
  [[nodiscard]] const tcp::endpoint& endpoint() const { return endpoint_; }
  [[nodiscard]] Connections& connections() { return *context_->connections; }

 private:
  void Beat() {
    heartbeat_.expires_after(context_->tuning.heartbeat);
    heartbeat_.async_wait([this](error_code error) {
      if (error || context_->is_stopping) return;
      backend_.Heartbeat();
      Beat();
    });
  }

  void Tick() {
    tick_.expires_after(context_->tuning.tick);
    tick_.async_wait([this](error_code error) {
      if (error || has_ended_) return;
      context_->connections->Tick(context_->clock.Now());
      Tick();
    });
  }

  IoThread& io_;
  HubBackend& backend_;
  const tcp::endpoint endpoint_;
  const std::shared_ptr<ServerContext> context_;
  const std::shared_ptr<Listener> listener_;
  asio::steady_timer heartbeat_;
  asio::steady_timer tick_;
  bool has_ended_ = false;
};

HubServer::HubServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<HubServer>> HubServer::Start(const HubServerOptions& options,
                                                    Environment environment) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const tcp::endpoint endpoint, Resolve(options.host, options.port));
  if (environment.tokens == nullptr && !endpoint.address().is_loopback()) {
    return Error(ErrorCode::kInvalidArgument,
                 "without authentication the hub listens on loopback only");
  }
  CONTEXTSYNC_ASSIGN_OR_RETURN(tcp::acceptor acceptor, Listen(environment.io.context(), endpoint));
  auto parts = std::make_unique<Parts>(options, environment, std::move(acceptor));
  environment.io.Run([&] { parts->Start(); });
  return std::unique_ptr<HubServer>(new HubServer(std::move(parts)));
}

HubServer::~HubServer() {
  // A handler whose timer fired before End cancelled it is still queued: the second turn lets it
  // pass.
  parts_->io().Run([this] { parts_->End(); });
  parts_->io().Run([] {});
}

std::uint16_t HubServer::port() const {
  return parts_->endpoint().port();
}

std::string HubServer::url() const {
  const asio::ip::address address = parts_->endpoint().address();
  const std::string host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  return "http://" + host + ":" + std::to_string(port());
}

void HubServer::Stop() {
  parts_->io().Post([this] { parts_->BeginStop(); });
}

bool HubServer::WaitUntilIdle(Clock::Instant deadline) {
  return parts_->connections().WaitUntilNone(deadline);
}

}  // namespace contextsync

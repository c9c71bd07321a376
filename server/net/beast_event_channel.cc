#include "server/net/beast_event_channel.h"

#include <charconv>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <nlohmann/json.hpp>
#include <openssl/ssl.h>

#include "core/document/json.h"
#include "core/ports/hub_wire.h"

namespace contextsync {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = asio::ssl;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kOpenTimeout =
    std::chrono::seconds(10);  // name, connection and handshakes, all together
// Half of it without a frame: a ping. All of it: the connection is dead.
constexpr auto kSilence = std::chrono::seconds(15);
constexpr std::size_t kMaxFrameBytes = 64 * limits::kKiB;  // events carry at most 8 KiB of content
constexpr JsonLimits kFrameLimits{.depth = limits::kMessageDepth,
                                  .elements = limits::kElements,
                                  .key_bytes = kWireJsonLimits.key_bytes};  // cell paths are keys
constexpr auto kTokenRefused = 4401;  // close code: the token was revoked or has expired

using PlainStream = websocket::stream<beast::tcp_stream>;
using TlsStream = websocket::stream<beast::ssl_stream<beast::tcp_stream>>;

HubFailure Lost(const std::string& why) {
  HubFailure failure;
  failure.message = why;
  return failure;
}

HubFailure FailureFromRefusal(const websocket::response_type& response) {
  std::optional<std::chrono::milliseconds> retry_after;
  const auto header = response[http::field::retry_after];
  std::uint32_t seconds = 0;
  if (std::from_chars(header.data(), header.data() + header.size(), seconds).ec == std::errc{} &&
      !header.empty()) {
    retry_after = std::chrono::seconds(seconds);
  }
  const auto body = ParseStrict(response.body(), kFrameLimits);
  return FailureFromHttp(static_cast<int>(response.result_int()),
                         body.ok() ? &body.value() : nullptr, retry_after);
}

std::string HostHeader(const EventChannelOptions& options) {
  const bool is_v6 = options.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + options.host + "]" : options.host) + ":" + std::to_string(options.port);
}

}  // namespace

/// One attempt and, if it succeeds, the connection. Everything on the io thread.
class BeastEventChannel::Connection {
 public:
  virtual ~Connection() = default;
  virtual void Start() = 0;

  /// No listener call follows.
  virtual void Abandon() = 0;
};

template <typename Stream>
class BeastEventChannel::TypedConnection final
    : public Connection,
      public std::enable_shared_from_this<TypedConnection<Stream>> {
 public:
  struct Target {
    const EventChannelOptions& options;
    std::string path;
    Clock& clock;
  };

  TypedConnection(asio::io_context& context, Target target, EventListener& listener)
      : options_(target.options),
        path_(std::move(target.path)),
        clock_(target.clock),
        listener_(&listener),
        tls_(ssl::context::tls_client),
        resolver_(context),
        stream_(MakeStream(context)) {}

  void Start() override {
    auto done = [self = this->shared_from_this()](error_code error,
                                                  const tcp::resolver::results_type& found) {
      self->OnResolved(error, found);
    };
    resolver_.async_resolve(options_.host, std::to_string(options_.port), std::move(done));
  }

  void Abandon() override {
    listener_ = nullptr;
    resolver_.cancel();
    beast::get_lowest_layer(stream_).close();
  }

 private:
  Stream MakeStream(asio::io_context& context) {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      error_code ignored;  // without trusted roots the handshake fails, and says so
      tls_.set_default_verify_paths(ignored);
      tls_.set_verify_mode(ssl::verify_peer, ignored);
      SSL_CTX_set_min_proto_version(tls_.native_handle(), TLS1_2_VERSION);
      return Stream(context, tls_);
    } else {
      return Stream(context);
    }
  }

  void OnResolved(error_code error, const tcp::resolver::results_type& found) {
    if (listener_ == nullptr) return;
    if (error) return Fail(error);
    auto& socket = beast::get_lowest_layer(stream_);
    socket.expires_after(kOpenTimeout);
    socket.async_connect(
        found, [self = this->shared_from_this()](error_code failed, const tcp::endpoint& /*peer*/) {
          self->OnConnected(failed);
        });
  }

  void OnConnected(error_code error) {
    if (listener_ == nullptr) return;
    if (error) return Fail(error);
    error_code ignored;
    beast::get_lowest_layer(stream_).socket().set_option(tcp::no_delay(true), ignored);
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      auto& tls = stream_.next_layer();
      tls.set_verify_callback(ssl::host_name_verification(options_.host), ignored);
      // What the macro SSL_set_tlsext_host_name does; OpenSSL copies the name.
      SSL_ctrl(tls.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(options_.host.c_str()));
      tls.async_handshake(
          ssl::stream_base::client,
          [self = this->shared_from_this()](error_code failed) { self->Upgrade(failed); });
    } else {
      Upgrade({});
    }
  }

  void Upgrade(error_code error) {
    if (listener_ == nullptr) return;
    if (error) return Fail(error);
    beast::get_lowest_layer(stream_)
        .expires_never();  // from here on the stream's own timeouts rule
    stream_.set_option(
        websocket::stream_base::timeout{kOpenTimeout, kSilence, /*keep_alive_pings=*/true});
    stream_.set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
      request.set(http::field::user_agent, "contextsync/" CONTEXTSYNC_VERSION);
      if (!options_.token.empty())
        request.set(http::field::authorization, "Bearer " + options_.token);
    }));
    stream_.read_message_max(kMaxFrameBytes);
    stream_.async_handshake(
        response_, HostHeader(options_), path_,
        [self = this->shared_from_this()](error_code failed) { self->OnUpgraded(failed); });
  }

  void OnUpgraded(error_code error) {
    if (listener_ == nullptr) return;
    if (error == websocket::error::upgrade_declined) return End(FailureFromRefusal(response_));
    if (error) return Fail(error);
    Read();
  }

  void Read() {
    stream_.async_read(buffer_,
                       [self = this->shared_from_this()](error_code error, std::size_t /*bytes*/) {
                         self->OnRead(error);
                       });
  }

  void OnRead(error_code error) {
    if (listener_ == nullptr) return;
    const auto received_at = clock_.BootTime();
    if (error) return Fail(error);
    const auto bytes = buffer_.cdata();
    const auto json = ParseStrict(
        std::string_view(static_cast<const char*>(bytes.data()), bytes.size()), kFrameLimits);
    buffer_.consume(buffer_.size());
    auto frame = json.ok() ? EventFrameFromJson(json.value()) : Result<EventFrame>(json.error());
    if (!frame.ok()) {
      auto failure = Lost("an event cannot be read: " + frame.error().message());
      if (frame.error().code() == ErrorCode::kUnavailable)
        failure.fault = HubFault::kUpgradeRequired;
      return End(failure);
    }
    listener_->OnFrame(std::move(frame).value(), received_at);
    if (listener_ != nullptr) Read();
  }

  void Fail(error_code error) {
    auto failure = Lost(error.message());
    if (error == beast::error::timeout) failure.fault = HubFault::kTimeout;
    if (stream_.reason().code == kTokenRefused) failure.fault = HubFault::kUnauthorized;
    End(failure);
  }

  void End(const HubFailure& failure) {
    auto* listener = listener_;
    Abandon();
    if (listener != nullptr) listener->OnClosed(failure);
  }

  const EventChannelOptions& options_;
  const std::string path_;
  Clock& clock_;
  EventListener* listener_;
  ssl::context tls_;
  tcp::resolver resolver_;
  Stream stream_;
  websocket::response_type response_;
  beast::flat_buffer buffer_;
};

BeastEventChannel::BeastEventChannel(EventChannelOptions options, IoThread& io, Clock& clock)
    : options_(std::move(options)), paths_(options_.workspace), io_(io), clock_(clock) {}

BeastEventChannel::~BeastEventChannel() {
  Close();
}

void BeastEventChannel::Open(const EventsRequest& request, EventListener& listener) {
  io_.Post([this, path = options_.path + paths_.Events(request), &listener] {
    if (connection_ != nullptr) connection_->Abandon();
    if (options_.is_tls) {
      using Tls = TypedConnection<TlsStream>;
      connection_ =
          std::make_shared<Tls>(io_.context(), Tls::Target{options_, path, clock_}, listener);
    } else {
      using Plain = TypedConnection<PlainStream>;
      connection_ =
          std::make_shared<Plain>(io_.context(), Plain::Target{options_, path, clock_}, listener);
    }
    connection_->Start();
  });
}

void BeastEventChannel::SetToken(std::string token) {
  io_.Run([this, &token] { options_.token = std::move(token); });
}

void BeastEventChannel::Close() {
  io_.Run([this] {
    if (connection_ != nullptr) connection_->Abandon();
    connection_.reset();
  });
}

}  // namespace contextsync

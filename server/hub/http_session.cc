#include "server/hub/http_session.h"

#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "server/hub/head_scan.h"
#include "server/hub/ws_session.h"

namespace contextsync {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t kReadBytes = 8 * limits::kKiB;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string_view BytesOf(const beast::flat_buffer& buffer) {
  return {static_cast<const char*>(buffer.data().data()), buffer.size()};
}

std::optional<std::string> FieldOf(const http::fields& fields, http::field name) {
  const auto found = fields.find(name);
  if (found == fields.end()) return std::nullopt;
  return std::string(found->value());
}

/// The IPv6 /64, or the whole IPv4 address.
std::string CountedKey(const asio::ip::address& address) {
  if (address.is_v4()) return address.to_string();
  const auto bytes = address.to_v6().to_bytes();
  return {bytes.begin(), bytes.begin() + 8};
}

/// An IPv4 peer of a dual-stack socket as what it is.
asio::ip::address Unmapped(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

}  // namespace

PeerAddress PeerOf(const asio::ip::tcp::socket& socket) {
  error_code error;
  const asio::ip::address remote = Unmapped(socket.remote_endpoint(error).address());
  const asio::ip::address local = Unmapped(socket.local_endpoint(error).address());
  PeerAddress peer;
  peer.key = CountedKey(remote);
  peer.local = local.is_v6() ? "[" + local.to_string() + "]" : local.to_string();
  peer.is_loopback = remote.is_loopback();
  return peer;
}

HttpSession::HttpSession(Socket socket, std::shared_ptr<ServerContext> context,
                         std::unique_ptr<Connections::Ticket> ticket)
    : socket_(std::move(socket)),
      context_(std::move(context)),
      ticket_(std::move(ticket)),
      deadline_(socket_.get_executor()) {}

void HttpSession::Start() {
  ticket_->Attach(weak_from_this());
  Arm(context_->tuning.header_deadline);
  ReadHead();
}

void HttpSession::AwaitRequest() {
  parser_.reset();
  response_.reset();
  scanned_ = 0;
  if (context_->is_stopping) return Close();
  is_idle_ = buffer_.size() == 0;
  Arm(is_idle_ ? context_->tuning.idle_deadline : context_->tuning.header_deadline);
  if (is_idle_) return ReadHead();
  OnBytes({}, 0);  // the next request may be here already
}

void HttpSession::ReadHead() {
  socket_.async_read_some(buffer_.prepare(kReadBytes),
                          beast::bind_front_handler(&HttpSession::OnBytes, shared_from_this()));
}

void HttpSession::OnBytes(error_code error, std::size_t count) {
  if (error || is_closed_) return Close();
  buffer_.commit(count);
  if (std::exchange(is_idle_, false)) Arm(context_->tuning.header_deadline);
  const HeadScan scan = ScanHead(BytesOf(buffer_), scanned_);
  if (scan.state == HeadState::kMalformed)
    return Refuse(400, "malformed", "the request is malformed");
  const std::size_t head_bytes = scan.state == HeadState::kComplete ? scan.length : buffer_.size();
  if (head_bytes > context_->tuning.header_bytes) {
    return Refuse(431, "too_large", "the request's header is too large");
  }
  if (scan.state == HeadState::kComplete) return ParseHead(scan.length);
  scanned_ = buffer_.size();
  ReadHead();
}

void HttpSession::ParseHead(std::size_t length) {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(context_->tuning.header_bytes));
  parser_->body_limit(limits::kPushBodyBytes);
  error_code error;
  const std::size_t used = parser_->put(asio::buffer(buffer_.data(), length), error);
  if (error == http::error::body_limit) return Refuse(413, "too_large", "the body is too large");
  if (error || !parser_->is_header_done())
    return Refuse(400, "malformed", "the request is malformed");
  buffer_.consume(used);
  OnHead();
}

RequestHead HttpSession::HeadOfRequest() const {
  const auto& request = parser_->get();
  RequestHead head;
  head.method = std::string(request.method_string());
  head.target = std::string(request.target());
  head.host = FieldOf(request, http::field::host);
  head.origin = FieldOf(request, http::field::origin);
  head.authorization = FieldOf(request, http::field::authorization);
  head.content_type = FieldOf(request, http::field::content_type);
  head.content_encoding = FieldOf(request, http::field::content_encoding);
  if (const auto length = parser_->content_length()) head.content_length = *length;
  head.wants_websocket = beast::websocket::is_upgrade(request);
  head.peer = ticket_->peer();
  return head;
}

void HttpSession::OnHead() {
  auto verdict = context_->gate.Screen(HeadOfRequest());
  if (!verdict.ok()) return Write(std::move(verdict).failure(), parser_->is_done());
  admitted_ = std::move(verdict).value();
  if (parser_->is_done()) return Dispatch();

  parser_->body_limit(admitted_.route->body_bytes);
  Arm(context_->tuning.body_deadline);
  const auto expect = FieldOf(parser_->get(), http::field::expect);
  if (!expect) return ReadBody();
  if (!beast::iequals(*expect, "100-continue"))
    return Refuse(417, "malformed", "unknown expectation");
  InviteBody();
}

void HttpSession::InviteBody() {
  asio::async_write(socket_, asio::buffer(kContinue),
                    [self = shared_from_this()](error_code error, std::size_t /*count*/) {
                      if (error || self->is_closed_) return self->Close();
                      self->ReadBody();
                    });
}

void HttpSession::ReadBody() {
  http::async_read(socket_, buffer_, *parser_,
                   [self = shared_from_this()](error_code error, std::size_t /*count*/) {
                     self->OnBody(error);
                   });
}

void HttpSession::OnBody(error_code error) {
  if (is_closed_) return;
  if (error == http::error::body_limit) return Refuse(413, "too_large", "the body is too large");
  // Beast reports what the peer sent wrong as http errors, what the connection suffered as others.
  const bool is_malformed =
      error && error.category() == http::make_error_code(http::error::bad_chunk).category() &&
      error != http::error::partial_message && error != http::error::end_of_stream;
  if (is_malformed) return Refuse(400, "malformed", "the request's body is malformed");
  if (error) return Close();
  Dispatch();
}

void HttpSession::Dispatch() {
  Arm(context_->tuning.answer_deadline);
  if (admitted_.route->id == RouteId::kEvents && beast::websocket::is_upgrade(parser_->get())) {
    return Subscribe();
  }
  context_->api.Handle(
      admitted_, std::move(parser_->get().body()), [self = shared_from_this()](HttpAnswer answer) {
        asio::post(self->deadline_.get_executor(), [self, answer = std::move(answer)]() mutable {
          self->Write(std::move(answer), true);
        });
      });
}

void HttpSession::Subscribe() {
  auto feed = std::make_shared<EventFeed>(context_->clock, context_->tuning);
  const std::weak_ptr<Subscriber> subscriber = feed;
  context_->api.Subscribe(
      admitted_, subscriber,
      [self = shared_from_this(), feed = std::move(feed)](std::optional<HttpAnswer> refusal) {
        asio::post(self->deadline_.get_executor(),
                   [self, feed, refusal = std::move(refusal)]() mutable {
                     self->OnSubscribed(std::move(feed), std::move(refusal));
                   });
      });
}

void HttpSession::OnSubscribed(std::shared_ptr<EventFeed> feed, std::optional<HttpAnswer> refusal) {
  if (refusal) return Write(std::move(*refusal), true);
  // Nothing may follow a handshake before its answer.
  if (buffer_.size() > 0) return Refuse(400, "malformed", "bytes before the end of the handshake");
  Upgrade(std::move(feed));
}

void HttpSession::Upgrade(std::shared_ptr<EventFeed> feed) {
  if (is_closed_ || context_->is_stopping) return Close();
  deadline_.cancel();
  is_closed_ = true;  // the socket goes on elsewhere
  std::make_shared<WsSession>(std::move(socket_), context_, std::move(ticket_),
                              WsSession::Stream{std::move(feed), std::move(admitted_.token_id)})
      ->Start(parser_->release());
}

void HttpSession::Refuse(int status, std::string_view code, std::string_view message) {
  Write(ErrorAnswer(status, code, message, context_->clock.WallMillis()), false);
}

void HttpSession::Write(HttpAnswer answer, bool may_continue) {
  if (is_closed_) return;
  Arm(context_->tuning.write_deadline);
  Response& response = response_.emplace(static_cast<http::status>(answer.status), 11U);
  response.set(http::field::content_type, "application/json");
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : answer.headers)
    response.insert(name, value);
  const bool wants_more = may_continue && parser_ && parser_->get().keep_alive();
  response.keep_alive(wants_more && !context_->is_stopping);
  response.body() = std::move(answer.body);
  response.prepare_payload();
  http::async_write(socket_, response,
                    [self = shared_from_this()](error_code error, std::size_t /*count*/) {
                      self->OnWritten(error);
                    });
}

void HttpSession::OnWritten(error_code error) {
  if (error || is_closed_) return Close();
  if (response_->keep_alive()) return AwaitRequest();
  Linger();
}

void HttpSession::Linger() {
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  Arm(context_->tuning.linger_deadline);
  Swallow();
}

void HttpSession::Swallow() {
  buffer_.clear();
  socket_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this()](error_code error, std::size_t /*count*/) {
                            if (error || self->is_closed_) return self->Close();
                            self->Swallow();
                          });
}

void HttpSession::Arm(std::chrono::milliseconds deadline) {
  deadline_.expires_after(deadline);
  deadline_.async_wait([weak = weak_from_this()](error_code error) {
    const auto self = weak.lock();
    // A wait that had already ended when the timer was set anew comes without an error.
    if (error || !self || self->deadline_.expiry() > std::chrono::steady_clock::now()) return;
    self->Close();
  });
}

void HttpSession::BeginStop() {
  if (is_idle_) Close();
}

void HttpSession::Close() {
  if (std::exchange(is_closed_, true)) return;
  error_code ignored;
  deadline_.cancel();
  socket_.close(ignored);
}

}  // namespace contextsync

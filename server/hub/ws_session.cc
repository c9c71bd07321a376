#include "server/hub/ws_session.h"

#include <utility>

#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>

namespace contextsync {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

}  // namespace

WsSession::WsSession(asio::ip::tcp::socket socket, std::shared_ptr<ServerContext> context,
                     std::unique_ptr<Connections::Ticket> ticket, Stream stream)
    : context_(std::move(context)),
      ticket_(std::move(ticket)),
      stream_(std::move(stream)),
      socket_(std::move(socket)),
      close_deadline_(socket_.get_executor()),
      token_checked_at_(context_->clock.Now()),
      revocations_seen_(context_->tokens == nullptr ? 0 : context_->tokens->revocations()) {}

void WsSession::Start(Request request) {
  ticket_->Attach(weak_from_this());
  request_ = std::move(request);
  websocket::stream_base::timeout timeout{};
  timeout.handshake_timeout = context_->tuning.header_deadline;
  timeout.idle_timeout = context_->tuning.socket_idle;
  timeout.keep_alive_pings = true;
  socket_.set_option(timeout);
  socket_.read_message_max(context_->tuning.inbound_frame_bytes);
  socket_.text(true);
  socket_.auto_fragment(false);
  socket_.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
    response.set(beast::http::field::cache_control, "no-store");
  }));
  socket_.async_accept(request_,
                       beast::bind_front_handler(&WsSession::OnAccepted, shared_from_this()));
}

void WsSession::OnAccepted(error_code error) {
  if (error) return Abort();
  Read();
  stream_.feed->Open([weak = weak_from_this(), executor = socket_.get_executor()] {
    asio::post(executor, [weak] {
      if (const auto self = weak.lock()) self->Pump();
    });
  });
}

void WsSession::Read() {
  socket_.async_read(inbound_,
                     [self = shared_from_this()](error_code error, std::size_t /*count*/) {
                       // Whatever ended reading, Beast has answered it (1002, 1009, or the peer's
                       // close) or the connection is gone.
                       if (error) return self->Abort();
                       self->inbound_.clear();  // subscribers have nothing to say
                       self->Read();
                     });
}

void WsSession::Pump() {
  if (writing_ || is_closing_) return;
  writing_ = stream_.feed->Take();
  if (!writing_) return;
  write_began_ = context_->clock.Now();
  socket_.async_write(asio::buffer(*writing_),
                      [self = shared_from_this()](error_code error, std::size_t /*count*/) {
                        self->OnWritten(error);
                      });
}

void WsSession::OnWritten(error_code error) {
  writing_.reset();
  if (error) return Abort();
  Pump();
}

bool WsSession::IsStuck(Clock::Instant now) const {
  const std::optional<Clock::Instant> behind = stream_.feed->BehindSince();
  const auto limit = context_->tuning.drain_deadline;
  return (writing_ && now - write_began_ >= limit) || (behind && now - *behind >= limit);
}

bool WsSession::TokenCheckIsDue(Clock::Instant now) const {
  if (stream_.token_id.empty()) return false;
  return now - token_checked_at_ >= context_->tuning.token_check_interval ||
         context_->tokens->revocations() != revocations_seen_;
}

void WsSession::Tick(Clock::Instant now) {
  if (is_closing_) return;
  if (IsStuck(now)) return Close(kTryAgainLater);
  if (!TokenCheckIsDue(now)) return;
  token_checked_at_ = now;
  revocations_seen_ = context_->tokens->revocations();
  if (context_->tokens->StateOf(stream_.token_id) != TokenState::kValid) Close(kUnauthorized);
}

void WsSession::Close(std::uint16_t code) {
  if (std::exchange(is_closing_, true)) return;
  socket_.async_close(websocket::close_reason(code),
                      [self = shared_from_this()](error_code /*error*/) { self->Abort(); });
  // Beast waits for a write in progress first, which a peer that stopped reading never lets end.
  close_deadline_.expires_after(context_->tuning.linger_deadline);
  close_deadline_.async_wait([weak = weak_from_this()](error_code error) {
    const auto self = weak.lock();
    if (!error && self) self->Abort();
  });
}

void WsSession::Abort() {
  is_closing_ = true;
  error_code ignored;
  close_deadline_.cancel();
  socket_.next_layer().close(ignored);
}

}  // namespace contextsync

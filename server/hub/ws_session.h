// WsSession: one subscriber's WebSocket. Sends what its feed holds, one frame at a time, and
// listens only to notice the end. Source: docs/sync_protocol.md#events

#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "server/hub/connections.h"
#include "server/hub/event_feed.h"
#include "server/hub/server_context.h"

namespace contextsync {

/// Thread-safety: everything on the io thread.
/// Lifetime:      alive while an operation of it is outstanding.
class WsSession final : public Connection, public std::enable_shared_from_this<WsSession> {
 public:
  struct Stream {
    std::shared_ptr<EventFeed> feed;
    std::string token_id;  // empty: nothing to check again
  };
  using Request = boost::beast::http::request<boost::beast::http::string_body>;

  // Private-use and registered close codes. Source: RFC 6455 section 7.4,
  // docs/sync_protocol.md#events
  static constexpr std::uint16_t kGoingAway = 1001;
  static constexpr std::uint16_t kTryAgainLater = 1013;
  static constexpr std::uint16_t kUnauthorized = 4401;

  WsSession(boost::asio::ip::tcp::socket socket, std::shared_ptr<ServerContext> context,
            std::unique_ptr<Connections::Ticket> ticket, Stream stream);

  /// Answers the handshake `request` and goes on by itself.
  void Start(Request request);

  void Tick(Clock::Instant now) override;
  void BeginStop() override { Close(kGoingAway); }
  void Abort() override;

 private:
  using ErrorCode = boost::system::error_code;

  void OnAccepted(ErrorCode error);
  void Read();
  void Pump();
  void OnWritten(ErrorCode error);
  [[nodiscard]] bool IsStuck(Clock::Instant now) const;
  [[nodiscard]] bool TokenCheckIsDue(Clock::Instant now) const;

  /// Sends a close frame and ends; by force when the peer does not take it.
  void Close(std::uint16_t code);

  const std::shared_ptr<ServerContext> context_;
  const std::unique_ptr<Connections::Ticket> ticket_;
  const Stream stream_;
  boost::beast::websocket::stream<boost::asio::ip::tcp::socket> socket_;
  boost::asio::steady_timer close_deadline_;
  Request request_;
  boost::beast::flat_buffer inbound_;
  std::optional<std::string> writing_;
  Clock::Instant write_began_;
  Clock::Instant token_checked_at_;
  std::uint64_t revocations_seen_ = 0;
  bool is_closing_ = false;
};

}  // namespace contextsync

// HttpSession: one HTTP/1.1 connection: reads a request, screens it, reads its body, has it
// answered, writes the answer, and again. Pipelined requests wait in the buffer. One absolute
// deadline per phase.

#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "server/hub/connections.h"
#include "server/hub/event_feed.h"
#include "server/hub/server_context.h"

namespace contextsync {

/// Thread-safety: everything on the io thread.
/// Lifetime:      alive while an operation of it is outstanding.
class HttpSession final : public Connection, public std::enable_shared_from_this<HttpSession> {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  HttpSession(Socket socket, std::shared_ptr<ServerContext> context,
              std::unique_ptr<Connections::Ticket> ticket);

  void Start();

  void Tick(Clock::Instant /*now*/) override {}
  void BeginStop() override;
  void Abort() override { Close(); }

 private:
  using ErrorCode = boost::system::error_code;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Response = boost::beast::http::response<boost::beast::http::string_body>;

  // In order of a request's life.
  void AwaitRequest();
  void ReadHead();
  void OnBytes(ErrorCode error, std::size_t count);
  void ParseHead(std::size_t length);
  void OnHead();
  [[nodiscard]] RequestHead HeadOfRequest() const;
  void InviteBody();
  void ReadBody();
  void OnBody(ErrorCode error);
  void Dispatch();
  void Subscribe();
  void OnSubscribed(std::shared_ptr<EventFeed> feed, std::optional<HttpAnswer> refusal);
  void Upgrade(std::shared_ptr<EventFeed> feed);

  /// `may_continue`: the connection is in a state in which another request can be read.
  void Write(HttpAnswer answer, bool may_continue);
  void OnWritten(ErrorCode error);
  void Refuse(int status, std::string_view code, std::string_view message);

  /// Lets the peer read the last answer: stops sending, swallows what still comes, then closes.
  void Linger();
  void Swallow();

  void Arm(std::chrono::milliseconds deadline);
  void Close();

  Socket socket_;
  const std::shared_ptr<ServerContext> context_;
  std::unique_ptr<Connections::Ticket> ticket_;
  boost::asio::steady_timer deadline_;
  boost::beast::flat_buffer buffer_;
  std::size_t scanned_ = 0;  // bytes of buffer_ known to hold no end of a head
  std::optional<Parser> parser_;
  Admitted admitted_;
  std::optional<Response> response_;
  bool is_idle_ = false;  // between two requests
  bool is_closed_ = false;
};

/// The peer of `socket`, as it is counted and checked.
PeerAddress PeerOf(const boost::asio::ip::tcp::socket& socket);

}  // namespace contextsync

// Listener: takes connections in, as long as there is room.

#pragma once

#include <memory>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/hub/server_context.h"

namespace contextsync {

/// Thread-safety: everything on the io thread.
/// Lifetime:      alive while it accepts.
class Listener final : public std::enable_shared_from_this<Listener> {
 public:
  using Acceptor = boost::asio::ip::tcp::acceptor;

  Listener(Acceptor acceptor, std::shared_ptr<ServerContext> context);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void Start() { Accept(); }
  void Stop();

 private:
  using ErrorCode = boost::system::error_code;

  void Accept();
  void OnAccepted(ErrorCode error, boost::asio::ip::tcp::socket socket);
  void ShedOne();
  void Pause();

  Acceptor acceptor_;
  const std::shared_ptr<ServerContext> context_;
  boost::asio::steady_timer pause_;
  // Out of descriptors, a waiting connection cannot even be refused. This one is given up for the
  // moment it takes.
  int reserve_ = -1;
  bool is_stopped_ = false;
};

}  // namespace contextsync

#include "server/hub/listener.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include <boost/beast/core/bind_handler.hpp>

#include "server/hub/http_session.h"

namespace contextsync {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

int OpenReserve() {
  return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

bool IsOutOfDescriptors(error_code error) {
  return error == boost::system::errc::too_many_files_open ||
         error == boost::system::errc::too_many_files_open_in_system;
}

}  // namespace

Listener::Listener(Acceptor acceptor, std::shared_ptr<ServerContext> context)
    : acceptor_(std::move(acceptor)),
      context_(std::move(context)),
      pause_(acceptor_.get_executor()),
      reserve_(OpenReserve()) {}

Listener::~Listener() {
  if (reserve_ >= 0) close(reserve_);
}

void Listener::Accept() {
  if (is_stopped_) return;
  acceptor_.async_accept(
      [self = shared_from_this()](error_code error, asio::ip::tcp::socket socket) {
        self->OnAccepted(error, std::move(socket));
      });
}

void Listener::OnAccepted(error_code error, asio::ip::tcp::socket socket) {
  if (is_stopped_) return;
  if (IsOutOfDescriptors(error)) {
    ShedOne();
    return Pause();
  }
  if (error)
    return Pause();  // a connection that ended in the queue, or memory: nothing to do about either
  if (auto ticket = context_->connections->Admit(PeerOf(socket))) {
    error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    std::make_shared<HttpSession>(std::move(socket), context_, std::move(ticket))->Start();
  }
  Accept();
}

void Listener::ShedOne() {
  if (reserve_ >= 0) close(reserve_);
  const int shed =
      accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (shed >= 0) close(shed);
  reserve_ = OpenReserve();
}

void Listener::Pause() {
  pause_.expires_after(context_->tuning.accept_pause);
  pause_.async_wait([self = shared_from_this()](error_code error) {
    if (!error) self->Accept();
  });
}

void Listener::Stop() {
  is_stopped_ = true;
  error_code ignored;
  pause_.cancel();
  acceptor_.close(ignored);
}

}  // namespace contextsync

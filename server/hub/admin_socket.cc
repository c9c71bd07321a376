#include "server/hub/admin_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <list>
#include <string_view>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "core/base/limits.h"

namespace contextsync {

namespace {

namespace asio = boost::asio;
using Local = asio::local::stream_protocol;
using boost::system::error_code;

// A context that is imported is one line: 4 MiB of data, each of its quotes escaped once more.
constexpr std::size_t kMaxLine = 16 * limits::kMiB;
constexpr std::size_t kMaxSessions = 128;  // all of a machine's agents may start at once
constexpr std::chrono::seconds kSessionDeadline{10};

/// A directory's short name: a socket's path has at most 107 bytes, a data directory may have more.
class DirectoryHandle {
 public:
  explicit DirectoryHandle(const std::string& path)
      : fd_(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}
  ~DirectoryHandle() {
    if (fd_ >= 0) close(fd_);
  }
  DirectoryHandle(const DirectoryHandle&) = delete;
  DirectoryHandle& operator=(const DirectoryHandle&) = delete;

  [[nodiscard]] std::string PathOf(std::string_view name) const {
    return "/proc/self/fd/" + std::to_string(fd_) + "/" + std::string(name);
  }

 private:
  const int fd_;
};

Error SocketError(const error_code& error) {
  return {ErrorCode::kUnavailable, "the process's socket: " + error.message()};
}

/// True when the process at the other end belongs to us, or to root.
bool IsOwner(int socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == geteuid() || peer.uid == 0;
}

}  // namespace

class AdminSocket::Door : public std::enable_shared_from_this<Door> {
 public:
  Door(Local::acceptor acceptor, Handler handler, Adopter adopter)
      : acceptor_(std::move(acceptor)),
        handler_(std::move(handler)),
        adopter_(std::move(adopter)) {}

  void Accept() {
    acceptor_.async_accept([self = shared_from_this()](error_code error, Local::socket socket) {
      if (self->is_closed_) return;
      if (!error && self->sessions_.size() < kMaxSessions && IsOwner(socket.native_handle())) {
        self->Begin(std::move(socket));
      }
      self->pause_.expires_after(error ? std::chrono::milliseconds(100)
                                       : std::chrono::milliseconds(0));
      self->pause_.async_wait([self](error_code cancelled) {
        if (!cancelled && !self->is_closed_) self->Accept();
      });
    });
  }

  void Close() {
    is_closed_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    for (const std::weak_ptr<Session>& open : sessions_) {
      if (const auto session = open.lock()) session->Close();
    }
  }

 private:
  class Session;
  using Sessions = std::list<std::weak_ptr<Session>>;

  /// One conversation. Alive while an operation of it is outstanding; may end on any thread.
  class Session : public std::enable_shared_from_this<Session> {
   public:
    Session(Local::socket socket, std::shared_ptr<Door> door)
        : socket_(std::move(socket)), door_(std::move(door)), deadline_(socket_.get_executor()) {}
    ~Session() {
      asio::post(deadline_.get_executor(),
                 [door = door_, place = place_] { door->sessions_.erase(place); });
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void Close() {
      error_code ignored;
      socket_.close(ignored);
      deadline_.cancel();
    }

    void Begin(Sessions::iterator place) {
      place_ = place;
      Read();
    }

   private:
    void Read() {
      deadline_.expires_after(kSessionDeadline);
      deadline_.async_wait([weak = weak_from_this()](error_code error) {
        const auto self = weak.lock();
        if (!error && self) self->Close();
      });
      asio::async_read_until(socket_, asio::dynamic_buffer(inbound_, kMaxLine), '\n',
                             [self = shared_from_this()](error_code error, std::size_t length) {
                               if (!error) self->Handle(length);
                             });
    }

    void Handle(std::size_t length) {
      if (door_->adopter_.wants && door_->adopter_.wants(inbound_)) return HandOver();
      std::string line = inbound_.substr(0, length);
      inbound_.erase(0, length);
      deadline_.cancel();  // a command may take as long as it needs; whoever asked has a limit
      door_->handler_(std::move(line), [self = shared_from_this()](std::string answer) {
        asio::post(self->deadline_.get_executor(), [self, answer = std::move(answer)]() mutable {
          self->Write(std::move(answer));
        });
      });
    }

    void HandOver() {
      deadline_.cancel();
      error_code error;
      const int socket = socket_.release(error);
      if (!error) door_->adopter_.take(socket, std::move(inbound_));
    }

    void Write(std::string answer) {
      outbound_ = std::move(answer) + "\n";
      asio::async_write(socket_, asio::buffer(outbound_),
                        [self = shared_from_this()](error_code error, std::size_t /*count*/) {
                          if (!error) self->Read();
                        });
    }

    Local::socket socket_;
    const std::shared_ptr<Door> door_;
    asio::steady_timer deadline_;
    std::string inbound_;
    std::string outbound_;
    Sessions::iterator place_;
  };

  void Begin(Local::socket socket) {
    const auto session = std::make_shared<Session>(std::move(socket), shared_from_this());
    session->Begin(sessions_.insert(sessions_.end(), session));
  }

  Local::acceptor acceptor_;
  const Handler handler_;
  const Adopter adopter_;
  asio::steady_timer pause_{acceptor_.get_executor()};
  Sessions sessions_;
  bool is_closed_ = false;
};

Result<std::unique_ptr<AdminSocket>> AdminSocket::Listen(IoThread& io, const std::string& directory,
                                                         Handler handler, std::string_view name,
                                                         Adopter adopter) {
  const DirectoryHandle handle(directory);
  std::string path = directory + "/" + std::string(name);
  unlink(path.c_str());
  Local::acceptor acceptor(io.context());
  error_code error;
  acceptor.open(Local(), error);
  // Nobody but us from the first moment on; the directory is closed to others as well.
  if (!error && fchmod(acceptor.native_handle(), S_IRUSR | S_IWUSR) != 0) {
    error.assign(errno, boost::system::system_category());
  }
  if (!error) acceptor.bind(Local::endpoint(handle.PathOf(name)), error);
  if (!error && chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) {
    error.assign(errno, boost::system::system_category());
  }
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return SocketError(error);
  auto door = std::make_shared<Door>(std::move(acceptor), std::move(handler), std::move(adopter));
  io.Run([&] { door->Accept(); });
  return std::unique_ptr<AdminSocket>(new AdminSocket(io, std::move(door), std::move(path)));
}

AdminSocket::~AdminSocket() {
  io_.Run([this] { door_->Close(); });
  unlink(path_.c_str());
}

Result<std::string> AskHub(const std::string& directory, std::string_view line,
                           std::chrono::milliseconds timeout, std::string_view name) {
  const DirectoryHandle handle(directory);
  asio::io_context context(1);
  Local::socket socket(context);
  std::string answer;
  error_code outcome = asio::error::timed_out;
  const std::string request = std::string(line) + "\n";
  socket.connect(Local::endpoint(handle.PathOf(name)), outcome);
  if (outcome) return SocketError(outcome);
  outcome = asio::error::timed_out;
  asio::async_write(socket, asio::buffer(request),
                    [&](error_code write_error, std::size_t /*count*/) {
                      outcome = write_error;
                      if (write_error) return;
                      outcome = asio::error::timed_out;
                      asio::async_read_until(socket, asio::dynamic_buffer(answer), '\n',
                                             [&](error_code read_error, std::size_t length) {
                                               outcome = read_error;
                                               answer.resize(length == 0 ? 0 : length - 1);
                                             });
                    });
  context.run_for(timeout);
  // Whether it ended or was silent: the hub may have acted, so the caller must not simply ask
  // again.
  if (outcome) return Error(ErrorCode::kTimeout, "no answer: " + outcome.message());
  return answer;
}

}  // namespace contextsync

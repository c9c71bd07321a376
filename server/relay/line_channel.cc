#include "server/relay/line_channel.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "server/mcp/tuning.h"

namespace contextsync {

class LineChannel::Lines final : public mcp::LineHandler {
 public:
  explicit Lines(const std::function<bool(std::string_view)>& on_line) : on_line_(on_line) {}

  void OnLine(std::string_view line) override { goes_on_ = goes_on_ && on_line_(line); }
  void OnOversized(const mcp::OversizedLine& /*line*/) override { goes_on_ = false; }

  [[nodiscard]] bool goes_on() const { return goes_on_; }

 private:
  const std::function<bool(std::string_view)>& on_line_;
  bool goes_on_ = true;
};

Result<std::unique_ptr<LineChannel>> LineChannel::Open(mcp::UniqueFd socket, std::size_t max_line) {
  mcp::UniqueFd stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop.ok()) return Error(ErrorCode::kUnavailable, "no descriptor left for a connection");
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto outbox, mcp::Outbox::Open(std::move(socket)));
  return std::unique_ptr<LineChannel>(
      new LineChannel(std::move(outbox), std::move(stop), max_line));
}

LineChannel::LineChannel(std::shared_ptr<mcp::Outbox> outbox, mcp::UniqueFd stop,
                         std::size_t max_line)
    : outbox_(std::move(outbox)),
      stop_(std::move(stop)),
      reader_(max_line),
      chunk_(mcp::kReadChunkBytes, '\0') {}

LineChannel::~LineChannel() {
  // Whoever still has the sink keeps the descriptor, and the peer must learn of the end all the
  // same.
  ::shutdown(outbox_->stream_fd(), SHUT_RDWR);
}

void LineChannel::Run(const std::function<bool(std::string_view line)>& on_line,
                      const std::function<void()>& beat, std::chrono::milliseconds every) {
  Lines lines(on_line);
  reader_.Feed(std::exchange(unread_, {}), lines);
  auto next_beat = std::chrono::steady_clock::now();
  while (lines.goes_on() && !outbox_->is_dead()) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= next_beat) {
      beat();
      next_beat = now + every;
    }
    const Ready ready = Wait(std::chrono::ceil<std::chrono::milliseconds>(next_beat - now));
    if (ready == Ready::kStop || (ready == Ready::kInput && !Receive(lines))) break;
  }
  ::shutdown(outbox_->stream_fd(), SHUT_RDWR);
}

LineChannel::Ready LineChannel::Wait(std::chrono::milliseconds most) {
  const std::size_t pending = outbox_->pending_bytes();
  const int socket = outbox_->stream_fd();
  // A peer that does not read gets nothing more to do until it does; poll() skips negative
  // descriptors.
  std::array<pollfd, 4> fds = {{
      {.fd = stop_.get(), .events = POLLIN, .revents = 0},
      {.fd = outbox_->wake_fd(), .events = POLLIN, .revents = 0},
      {.fd = pending > 0 ? socket : -1, .events = POLLOUT, .revents = 0},
      {.fd = pending <= mcp::kOutboxPauseBytes ? socket : -1, .events = POLLIN, .revents = 0},
  }};
  if (::poll(fds.data(), fds.size(), static_cast<int>(most.count())) <= 0) return Ready::kNothing;
  if (fds[1].revents != 0) outbox_->ClearWake();
  if (fds[2].revents != 0) outbox_->Flush();
  if (fds[0].revents != 0) return Ready::kStop;
  return fds[3].revents != 0 ? Ready::kInput : Ready::kNothing;
}

bool LineChannel::Receive(Lines& lines) {
  const ssize_t count = ::recv(outbox_->stream_fd(), chunk_.data(), chunk_.size(), MSG_DONTWAIT);
  if (count > 0) {
    reader_.Feed({chunk_.data(), static_cast<std::size_t>(count)}, lines);
    return true;
  }
  return count < 0 && (errno == EINTR || errno == EAGAIN);
}

void LineChannel::Stop() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof one);
}

bool IsOwnPeer(int socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == ::geteuid() || peer.uid == 0;
}

}  // namespace contextsync

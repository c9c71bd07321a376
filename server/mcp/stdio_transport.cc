#include "server/mcp/stdio_transport.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "server/mcp/tuning.h"

namespace contextsync::mcp {
namespace {

using std::chrono::steady_clock;

constexpr int kFirstPrivateFd = 3;
constexpr std::size_t kStopRecordBytes = 128;
constexpr steady_clock::time_point kNever = steady_clock::time_point::max();

// Milliseconds for poll(), rounded up so that a deadline is not polled for in a busy loop.
int PollTimeout(steady_clock::time_point deadline) {
  if (deadline == kNever) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

}  // namespace

Result<UniqueFd> TakeStandardOutput() {
  UniqueFd copy(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, kFirstPrivateFd));
  if (!copy.ok()) return Error(ErrorCode::kUnavailable, "standard output is closed");
  if (::dup2(STDERR_FILENO, STDOUT_FILENO) >= 0) return copy;
  // Standard error is closed: what is printed goes nowhere.
  const UniqueFd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  if (!null.ok() || ::dup2(null.get(), STDOUT_FILENO) < 0) {
    return Error(ErrorCode::kUnavailable, "standard output cannot be redirected");
  }
  return copy;
}

Result<std::unique_ptr<StdioTransport>> StdioTransport::Open(StdioOptions options,
                                                             const ServerInfo& info,
                                                             ToolHandler& tools) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto outbox, Outbox::Open(std::move(options.output)));
  return std::make_unique<StdioTransport>(options, std::move(outbox), info, tools);
}

StdioTransport::StdioTransport(const StdioOptions& options, std::shared_ptr<Outbox> outbox,
                               const ServerInfo& info, ToolHandler& tools)
    : input_(options.input),
      stop_(options.stop),
      orphan_patience_(options.orphan_patience),
      outbox_(std::move(outbox)),
      parent_(options.parent),
      session_(options.session_id, {.codec = std::make_shared<const Codec>(info, tools.ToolsJson()),
                                    .sink = outbox_,
                                    .tools = tools}),
      reader_(limits::kMessageBytes),
      chunk_(kReadChunkBytes, '\0') {}

StdioEnd StdioTransport::Run() {
  const StdioEnd end = Serve();
  outbox_->WakeWhenIdle();
  const bool at_leisure = end == StdioEnd::kEndOfInput;
  bool patient = true;
  if (end != StdioEnd::kPeerGone) {
    session_.EndInput();
    patient =
        FinishCalls(steady_clock::now() + (at_leisure ? kCallsAfterInput : kCallsAfterSignal));
    session_.EndListens();
  }
  session_.Close();
  if (patient) {
    patient =
        FlushOutput(steady_clock::now() + (at_leisure ? kFlushAfterInput : kFlushAfterSignal));
  }
  return patient ? end : StdioEnd::kStoppedTwice;
}

StdioEnd StdioTransport::Serve() {
  TimePoint silent_until = kNever;
  while (!outbox_->is_dead() && steady_clock::now() < silent_until) {
    // A peer that does not read gets nothing more to do until it does.
    const bool takes_input = outbox_->pending_bytes() <= kOutboxPauseBytes;
    const Ready ready = Wait(takes_input, silent_until);
    if (ready.parent) parent_ = -1;
    const bool is_orphan = silent_until != kNever;
    if (ready.parent || (is_orphan && ready.input))
      silent_until = steady_clock::now() + orphan_patience_;
    if (ready.stop) {
      TakeStop();
      return StdioEnd::kStopped;
    }
    if (ready.input && !ReadInput()) {
      reader_.Finish(*this);
      break;
    }
  }
  return outbox_->is_dead() ? StdioEnd::kPeerGone : StdioEnd::kEndOfInput;
}

bool StdioTransport::FinishCalls(TimePoint deadline) {
  while (session_.running_calls() > 0 && !outbox_->is_dead() && steady_clock::now() < deadline) {
    if (Wait(false, deadline).stop) return false;
  }
  return true;
}

bool StdioTransport::FlushOutput(TimePoint deadline) {
  while (outbox_->pending_bytes() > 0 && steady_clock::now() < deadline) {
    if (Wait(false, deadline).stop) return false;
  }
  return true;
}

StdioTransport::Ready StdioTransport::Wait(bool with_input, TimePoint deadline) {
  const bool has_output = outbox_->pending_bytes() > 0;
  // poll() skips negative descriptors.
  std::array<pollfd, 5> fds = {{
      {.fd = stop_, .events = POLLIN, .revents = 0},
      {.fd = outbox_->wake_fd(), .events = POLLIN, .revents = 0},
      {.fd = has_output ? outbox_->stream_fd() : -1, .events = POLLOUT, .revents = 0},
      {.fd = with_input ? input_ : -1, .events = POLLIN, .revents = 0},
      {.fd = parent_, .events = POLLIN, .revents = 0},
  }};
  if (::poll(fds.data(), fds.size(), PollTimeout(deadline)) <= 0) return {};
  if (fds[1].revents != 0) outbox_->ClearWake();
  if (fds[2].revents != 0) outbox_->Flush();
  return {.input = fds[3].revents != 0, .stop = fds[0].revents != 0, .parent = fds[4].revents != 0};
}

bool StdioTransport::ReadInput() {
  const ssize_t count = ::read(input_, chunk_.data(), chunk_.size());
  if (count > 0) {
    reader_.Feed({chunk_.data(), static_cast<std::size_t>(count)}, *this);
    return true;
  }
  return count < 0 && (errno == EINTR || errno == EAGAIN);
}

void StdioTransport::TakeStop() const {
  std::array<char, kStopRecordBytes> record = {};
  [[maybe_unused]] const ssize_t count = ::read(stop_, record.data(), record.size());
}

}  // namespace contextsync::mcp

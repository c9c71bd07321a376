// Outbox: messages on their way to the peer. Whoever has an answer writes it at once if the stream
// takes it; what does not fit is kept, bounded, until the transport's loop sees room again.
//
// There is no writer thread: no write here ever blocks, so a hand-off would only cost time.

#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "core/base/mutex.h"
#include "core/base/result.h"
#include "server/mcp/message_sink.h"
#include "server/mcp/output_stream.h"
#include "server/mcp/unique_fd.h"

namespace contextsync::mcp {

/// Thread-safety: any thread, unless said otherwise.
class Outbox final : public MessageSink {
 public:
  /// Errors: kUnavailable when the system has no descriptor left.
  static Result<std::shared_ptr<Outbox>> Open(UniqueFd out);

  Outbox(UniqueFd out, UniqueFd wake);

  void Send(std::string message) override;
  void OnIdle() override;

  /// Writes what fits. For the transport, when the stream has room again.
  void Flush();

  /// Wakes the transport when the session becomes idle, from now on.
  void WakeWhenIdle() { wakes_when_idle_ = true; }

  /// Bytes the stream has not taken yet.
  [[nodiscard]] std::size_t pending_bytes() const;

  /// The peer does not read any more: the stream is closed, or the peer fell behind without end.
  [[nodiscard]] bool is_dead() const { return is_dead_; }

  [[nodiscard]] int stream_fd() const { return stream_fd_; }

  /// Readable when the transport should look at this outbox again; ClearWake makes it unreadable.
  [[nodiscard]] int wake_fd() const { return wake_.get(); }
  void ClearWake();

 private:
  void Wake();
  void Die() REQUIRES(mu_);

  // Writes from the front of the queue. False when the peer is gone.
  bool Drain() REQUIRES(mu_);

  // Constant after construction.
  const UniqueFd wake_;
  const int stream_fd_;

  std::atomic<bool> is_dead_ = false;
  std::atomic<bool> wakes_when_idle_ = false;

  mutable Mutex mu_;
  OutputStream stream_ GUARDED_BY(mu_);
  std::deque<std::string> queue_ GUARDED_BY(mu_);
  std::size_t front_written_ GUARDED_BY(mu_) = 0;  // of the queue's first message
  std::size_t pending_ GUARDED_BY(mu_) = 0;
};

}  // namespace contextsync::mcp

// LineChannel: a connected socket between two processes of one machine, lines both ways. The thread
// that runs it reads; whoever has a line sends it, without ever waiting for the peer.

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "server/mcp/line_reader.h"
#include "server/mcp/outbox.h"
#include "server/mcp/unique_fd.h"

namespace contextsync {

/// Thread-safety: `sink` and `Stop` from any thread; the rest on the thread that runs it.
class LineChannel {
 public:
  /// A longer line ends the channel.
  ///
  /// Errors: kUnavailable when the system has no descriptor left.
  static Result<std::unique_ptr<LineChannel>> Open(mcp::UniqueFd socket, std::size_t max_line);
  ~LineChannel();
  LineChannel(const LineChannel&) = delete;
  LineChannel& operator=(const LineChannel&) = delete;

  /// Takes lines for the peer, also after the end: then they go nowhere.
  [[nodiscard]] const std::shared_ptr<mcp::Outbox>& sink() const { return outbox_; }

  /// Hands every line to `on_line` until it returns false, the peer is gone or Stop. Calls `beat`
  /// between lines, at least once in `every`.
  void Run(const std::function<bool(std::string_view line)>& on_line,
           const std::function<void()>& beat, std::chrono::milliseconds every);

  /// As if this had been received before anything else.
  void Unread(std::string received) { unread_ = std::move(received); }

  /// Ends Run, now or as soon as it begins.
  void Stop();

 private:
  class Lines;

  LineChannel(std::shared_ptr<mcp::Outbox> outbox, mcp::UniqueFd stop, std::size_t max_line);

  enum class Ready { kNothing, kInput, kStop };
  Ready Wait(std::chrono::milliseconds most);
  bool Receive(Lines& lines);

  const std::shared_ptr<mcp::Outbox> outbox_;  // owns the socket
  const mcp::UniqueFd stop_;
  mcp::LineReader reader_;
  std::string unread_;
  std::string chunk_;
};

/// The user at the other end of a Unix socket is the one this process runs as, or root.
bool IsOwnPeer(int socket);

}  // namespace contextsync

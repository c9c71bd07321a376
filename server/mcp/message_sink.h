// MessageSink: where a session's messages go. A transport implements it.

#pragma once

#include <string>

namespace contextsync::mcp {

class MessageSink {
 public:
  MessageSink() = default;
  MessageSink(const MessageSink&) = delete;
  MessageSink& operator=(const MessageSink&) = delete;
  virtual ~MessageSink() = default;

  /// Takes one whole message, without line end. What cannot be delivered any more is dropped.
  ///
  /// Thread-safety: any thread; never blocks.
  virtual void Send(std::string message) = 0;

  /// The last running call of the session has ended, and its answer, if any, was sent before.
  ///
  /// Thread-safety: any thread; never blocks.
  virtual void OnIdle() {}
};

}  // namespace contextsync::mcp

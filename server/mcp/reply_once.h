// ReplyOnce: the answer to a tool call, which can be neither forgotten nor given twice.

#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "server/mcp/call_table.h"
#include "server/mcp/codec.h"
#include "server/mcp/message_sink.h"
#include "server/mcp/tool_handler.h"

namespace contextsync::mcp {

/// Lifetime: may outlive its session; an answer nobody waits for any more goes nowhere.
class ReplyOnce {
 public:
  struct Route {
    std::shared_ptr<CallTable> calls;
    std::shared_ptr<Call> call;
    std::shared_ptr<const Codec> codec;
    std::shared_ptr<MessageSink> session_sink;  // told when nothing runs any more
    std::shared_ptr<MessageSink> sink;          // takes the answer; differs within a batch
    Era era;
  };

  explicit ReplyOnce(Route route) : route_(std::move(route)) {}
  ReplyOnce(const ReplyOnce&) = delete;
  ReplyOnce& operator=(const ReplyOnce&) = delete;

  /// Answers "internal error" if nobody has answered.
  ~ReplyOnce();

  /// Sends the answer, unless one was sent or the call was cancelled.
  ///
  /// Thread-safety: any thread.
  void Answer(const ToolAnswer& answer);

 private:
  // Sends the text `make` builds, if it is still wanted, and ends the call.
  template <typename MakeText>
  void Finish(MakeText make);

  Route route_;
  std::atomic<bool> is_used_ = false;
};

}  // namespace contextsync::mcp

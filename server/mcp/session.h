// Session: one peer's conversation, whatever transport it comes by. Takes texts in, sends messages
// out; knows no descriptors and starts no thread. Source: docs/mcp.md

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/mcp/call_table.h"
#include "server/mcp/codec.h"
#include "server/mcp/era.h"
#include "server/mcp/error_budget.h"
#include "server/mcp/json_rpc.h"
#include "server/mcp/message_sink.h"
#include "server/mcp/oversized_line.h"
#include "server/mcp/params.h"
#include "server/mcp/request.h"
#include "server/mcp/tool_handler.h"

namespace contextsync::mcp {

/// Thread-safety: one thread at a time; answers of tools go to the sink from whatever thread they
/// are on.
class Session {
 public:
  struct Peers {
    std::shared_ptr<const Codec> codec;
    std::shared_ptr<MessageSink> sink;
    ToolHandler& tools;
  };

  /// Lifetime: `peers.tools` outlives the session. Calls may outlive it: their answers then go
  /// nowhere.
  Session(std::string id, Peers peers);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  /// Handles one message. Never fails: what is wrong with it is answered.
  void Receive(std::string_view text);

  /// A message above the size limit came; the transport threw it away.
  void RefuseOversized(const OversizedLine& line);

  /// Tool calls whose work goes on.
  [[nodiscard]] std::size_t running_calls() const { return calls_->running(); }

  /// The peer sends nothing more: nobody waits for anything to happen.
  void EndInput() { peers_.tools.EndInput(id_); }

  /// Answers every open listen, because we are about to go.
  void EndListens();

  /// Cancels everything that is still running; its answers are dropped. Idempotent.
  void Close() { calls_->CancelAll(); }

 private:
  using Run = void (*)(Session&, const Request&);

  static Run FindMethod(std::string_view name, Era era);

  void RefuseUnreadable(std::string_view text);
  void ReceiveBatch(const ParsedJson& parsed, std::size_t bytes);
  void Dispatch(const Inbound& inbound);
  void OnRequest(const Message& message, const Inbound& inbound);
  void OnNotification(const Message& message, const Inbound& inbound);
  void FailUnmatched(const RpcError& error, MessageSink& sink);

  void Discover(const Request& request, const NoParams& params);
  void Initialize(const Request& request, const InitializeParams& params);
  void Ping(const Request& request, const NoParams& params);
  void ListTools(const Request& request, const ListParams& params);
  void CallTool(const Request& request, const CallParams& params);
  void Listen(const Request& request, const ListenParams& params);

  // Constant after construction.
  const std::string id_;
  const Peers peers_;
  const std::shared_ptr<CallTable> calls_ = std::make_shared<CallTable>();

  // Of the receiving thread.
  EraGate gate_;
  ErrorBudget unmatched_errors_;
};

}  // namespace contextsync::mcp

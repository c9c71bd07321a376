// StdioTransport: a session over two descriptors, one message a line. One thread does all the
// waiting: it polls the input, the stop descriptor and, only while output is pending, the output.
// Source: docs/mcp.md#stdio

#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "server/mcp/line_reader.h"
#include "server/mcp/outbox.h"
#include "server/mcp/session.h"
#include "server/mcp/tool_handler.h"
#include "server/mcp/tuning.h"
#include "server/mcp/unique_fd.h"

namespace contextsync::mcp {

/// Makes standard output private to the protocol: returns a copy of it and points descriptor 1 at
/// standard error, so that a stray print cannot corrupt the stream. Call it before anything else
/// can print.
///
/// Errors: kUnavailable when standard output is closed.
Result<UniqueFd> TakeStandardOutput();

/// Why a transport ended.
enum class StdioEnd {
  kEndOfInput,    // the client closed its end, or died and was silent; what ran was finished
  kStopped,       // the stop descriptor spoke
  kPeerGone,      // nobody reads our output any more
  kStoppedTwice,  // the stop descriptor spoke again while we were finishing: leave at once
};

struct StdioOptions {
  int input = 0;
  UniqueFd output;
  // Readable once per wish to stop; each is taken with one read of up to 128 bytes, the size of a
  // signalfd record. A pipe or an eventfd does as well. -1: none.
  int stop = -1;
  std::string session_id;
  // Readable once the process that began this one has ended: an input then counts as ended when
  // nothing came for `orphan_patience`, even if somebody else holds its other end. -1: not known.
  int parent = -1;
  std::chrono::milliseconds orphan_patience = kOrphanPatience;
};

/// Thread-safety: Run on one thread. SIGPIPE must be ignored by then.
class StdioTransport : private LineHandler {
 public:
  /// Lifetime: `tools` outlives the transport; its calls may outlive both.
  static Result<std::unique_ptr<StdioTransport>> Open(StdioOptions options, const ServerInfo& info,
                                                      ToolHandler& tools);

  StdioTransport(const StdioOptions& options, std::shared_ptr<Outbox> outbox,
                 const ServerInfo& info, ToolHandler& tools);

  /// Serves until the input ends, a stop is asked for or the peer is gone. Then lets running calls
  /// finish and their answers go out, within the times of tuning.h.
  StdioEnd Run();

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Ready {
    bool input = false;
    bool stop = false;
    bool parent = false;
  };

  void OnLine(std::string_view line) override { session_.Receive(line); }
  void OnOversized(const OversizedLine& line) override { session_.RefuseOversized(line); }

  StdioEnd Serve();

  // Finishes within the given times. False when it was told to stop once more.
  bool FinishCalls(TimePoint deadline);
  bool FlushOutput(TimePoint deadline);

  // Waits for one of the descriptors; output that has room is written on the way.
  Ready Wait(bool with_input, TimePoint deadline);

  // Takes what can be read now. False at the end of the input.
  bool ReadInput();
  void TakeStop() const;

  // Constant after construction.
  const int input_;
  const int stop_;
  const std::chrono::milliseconds orphan_patience_;
  const std::shared_ptr<Outbox> outbox_;

  int parent_;  // -1: unknown, or gone
  Session session_;
  LineReader reader_;
  std::string chunk_;
};

}  // namespace contextsync::mcp

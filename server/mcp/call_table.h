// CallTable: the requests of one session that are under way. It decides who may still answer an id,
// which is what makes answers and cancellations exclude each other.

#pragma once

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/mutex.h"
#include "server/mcp/json_rpc.h"

namespace contextsync::mcp {

enum class CallKind {
  kTool,    // work is being done
  kListen,  // a subscription: open until someone ends it, never idle work
};

struct Call {
  RequestId id;
  CallKind kind;
  std::size_t bytes;  // of its message
  std::stop_source stop;
  bool is_open = true;  // guarded by the table: nobody answered or cancelled it yet
};

/// Thread-safety: any thread.
class CallTable {
 public:
  [[nodiscard]] bool InFlight(const RequestId& id) const;

  /// Opens a call; null when too much is in flight already.
  ///
  /// Precondition: `id` is not in flight.
  std::shared_ptr<Call> Begin(const RequestId& id, CallKind kind, std::size_t bytes);

  /// True for the one caller that may send the answer; afterwards the id is free again.
  bool Claim(Call& call);

  /// The work of a tool call has ended, answered or not. True when it was the last one running.
  bool End(const Call& call);

  /// Nobody may answer `id` any more; its work is asked to stop. Unknown ids are ignored.
  void Cancel(const RequestId& id);

  /// Closes every open listen and returns their ids, for the closing answers.
  std::vector<RequestId> TakeListens();

  /// Cancels everything.
  void CancelAll();

  /// Tool calls whose work goes on, cancelled ones included.
  [[nodiscard]] std::size_t running() const;

 private:
  using OpenCalls = std::unordered_map<std::string, std::shared_ptr<Call>>;  // by id as on the wire

  bool HasRoomFor(std::size_t bytes) const REQUIRES(mu_);

  mutable Mutex mu_;
  OpenCalls open_ GUARDED_BY(mu_);
  std::size_t listens_ GUARDED_BY(mu_) = 0;
  std::size_t running_ GUARDED_BY(mu_) = 0;
  std::size_t running_bytes_ GUARDED_BY(mu_) = 0;
};

}  // namespace contextsync::mcp

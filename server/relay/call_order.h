// CallOrder: which calls of one session may run at once. A call starts when every earlier write of
// its session on the same context (on any, if it names none) has finished; all else runs in
// parallel, so that waiting writes share one fsync and one slow call never blocks another.

#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "core/base/mutex.h"

namespace contextsync {

struct OrderedCall {
  bool is_write = false;
  std::string key;  // the context it names; empty: all of them
  std::function<void(std::uint64_t ticket)> start;
};

/// Thread-safety: any thread. `start` is called outside the lock and must not block.
class CallOrder {
 public:
  /// Starts the call as soon as its turn comes: at once, or inside a later Finish.
  void Submit(OrderedCall call);

  /// The call that was started with `ticket` has finished; starts those that waited for it.
  void Finish(std::uint64_t ticket);

 private:
  struct Unfinished {
    std::uint64_t ticket = 0;
    OrderedCall call;
    bool started = false;
  };
  using Starts = std::vector<std::function<void()>>;

  /// One pass over the unfinished calls, in order of arrival.
  Starts TakeStartable() REQUIRES(mu_);

  Mutex mu_;
  std::uint64_t next_ticket_ GUARDED_BY(mu_) = 1;
  std::list<Unfinished> calls_ GUARDED_BY(mu_);
};

}  // namespace contextsync

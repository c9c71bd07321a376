#include "server/relay/call_order.h"

#include <algorithm>
#include <unordered_set>

namespace contextsync {

namespace {

/// The contexts that earlier unfinished writes touch.
class EarlierWrites {
 public:
  [[nodiscard]] bool Hold(const std::string& key) const {
    if (key.empty()) return any_;
    return all_ || keys_.contains(key);
  }

  void Add(const std::string& key) {
    any_ = true;
    if (key.empty()) {
      all_ = true;
    } else {
      keys_.insert(key);
    }
  }

 private:
  bool any_ = false;
  bool all_ = false;
  std::unordered_set<std::string> keys_;
};

}  // namespace

CallOrder::Starts CallOrder::TakeStartable() {
  Starts starts;
  EarlierWrites earlier;
  for (auto& unfinished : calls_) {
    auto& call = unfinished.call;
    if (!unfinished.started && !earlier.Hold(call.key)) {
      unfinished.started = true;
      starts.emplace_back(
          [start = std::move(call.start), ticket = unfinished.ticket] { start(ticket); });
    }
    if (call.is_write) earlier.Add(call.key);
  }
  return starts;
}

void CallOrder::Submit(OrderedCall call) {
  Starts starts;
  {
    const MutexLock lock(mu_);
    calls_.push_back({next_ticket_++, std::move(call), false});
    starts = TakeStartable();
  }
  for (const auto& start : starts)
    start();
}

void CallOrder::Finish(std::uint64_t ticket) {
  Starts starts;
  {
    const MutexLock lock(mu_);
    const auto call = std::find_if(
        calls_.begin(), calls_.end(),
        [ticket](const Unfinished& unfinished) { return unfinished.ticket == ticket; });
    if (call == calls_.end()) return;
    const bool was_write = call->call.is_write;
    calls_.erase(call);
    if (was_write) starts = TakeStartable();
  }
  for (const auto& start : starts)
    start();
}

}  // namespace contextsync

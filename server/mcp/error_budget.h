// ErrorBudget: how many errors that answer no request may still be sent. A bucket that refills
// slowly.

#pragma once

#include <algorithm>
#include <chrono>

#include "server/mcp/tuning.h"

namespace contextsync::mcp {

/// Thread-safety: one thread at a time.
class ErrorBudget {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit ErrorBudget(TimePoint start) : refilled_at_(start) {}

  /// True when one more may be sent at `now`, which never goes back.
  bool Take(TimePoint now) {
    const auto refills = (now - refilled_at_) / kUnmatchedErrorRefill;
    refilled_at_ += refills * kUnmatchedErrorRefill;
    left_ = static_cast<int>(std::min<std::int64_t>(left_ + refills, kUnmatchedErrorBurst));
    if (left_ == 0) return false;
    --left_;
    return true;
  }

 private:
  TimePoint refilled_at_;
  int left_ = kUnmatchedErrorBurst;
};

}  // namespace contextsync::mcp

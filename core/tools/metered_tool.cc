#include "core/tools/metered_tool.h"

namespace contextsync {

namespace {

void Raise(std::atomic<std::uint64_t>& maximum, std::uint64_t value) {
  auto seen = maximum.load(std::memory_order_relaxed);
  while (seen < value && !maximum.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
  }
}

}  // namespace

ToolOutcome MeteredTool::Start(const ToolCall& call) {
  const auto started = clock_.Now();
  auto outcome = tool_.Start(call);
  const auto took =
      std::chrono::duration_cast<std::chrono::microseconds>(clock_.Now() - started).count();
  const auto microseconds = static_cast<std::uint64_t>(took);
  metrics_.calls.fetch_add(1, std::memory_order_relaxed);
  metrics_.total_microseconds.fetch_add(microseconds, std::memory_order_relaxed);
  Raise(metrics_.slowest_microseconds, microseconds);
  if (outcome.result.is_error) metrics_.failures.fetch_add(1, std::memory_order_relaxed);
  return outcome;
}

}  // namespace contextsync

// MeteredTool: counts and times calls. The outermost decorator.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "core/ports/clock.h"
#include "core/tools/tool.h"

namespace contextsync {

/// Thread-safety: any thread.
struct ToolMetrics {
  std::atomic<std::uint64_t> calls{0};
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::uint64_t> total_microseconds{0};
  std::atomic<std::uint64_t> slowest_microseconds{0};
};

/// Lifetime: all references must outlive the tool.
class MeteredTool final : public CallableTool {
 public:
  MeteredTool(CallableTool& tool, ToolMetrics& metrics, Clock& clock)
      : tool_(tool), metrics_(metrics), clock_(clock) {}

  /// The time a call waits for a change is not counted, only its work before.
  ToolOutcome Start(const ToolCall& call) override;

 private:
  CallableTool& tool_;
  ToolMetrics& metrics_;
  Clock& clock_;
};

}  // namespace contextsync

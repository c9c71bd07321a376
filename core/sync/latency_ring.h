// LatencyRing: the latest latencies, for an average and percentiles that follow the present.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace contextsync {

/// Thread-safety: none.
class LatencyRing {
 public:
  void Add(std::chrono::nanoseconds latency);

  /// Milliseconds; nothing before the first sample.
  [[nodiscard]] std::optional<double> Average() const;

  /// The smallest sample that is not below a fraction `rank` of all, 0 < rank ≤ 1. Milliseconds.
  [[nodiscard]] std::optional<double> Percentile(double rank) const;

 private:
  std::vector<std::chrono::nanoseconds> samples_;
  std::size_t next_ = 0;
};

}  // namespace contextsync

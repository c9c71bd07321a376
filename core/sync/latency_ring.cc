#include "core/sync/latency_ring.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/sync/tuning.h"

namespace contextsync {
namespace {

double Millis(std::chrono::nanoseconds latency) {
  return std::chrono::duration<double, std::milli>(latency).count();
}

}  // namespace

void LatencyRing::Add(std::chrono::nanoseconds latency) {
  if (samples_.size() < sync_tuning::kLatencySamples) {
    samples_.push_back(latency);
    return;
  }
  samples_[next_] = latency;
  next_ = (next_ + 1) % samples_.size();
}

std::optional<double> LatencyRing::Average() const {
  if (samples_.empty()) return std::nullopt;
  const auto sum = std::accumulate(samples_.begin(), samples_.end(), std::chrono::nanoseconds{});
  return Millis(sum) / static_cast<double>(samples_.size());
}

std::optional<double> LatencyRing::Percentile(double rank) const {
  if (samples_.empty()) return std::nullopt;
  std::vector<std::chrono::nanoseconds> sorted = samples_;
  const auto count = static_cast<double>(sorted.size());
  const auto index = static_cast<std::size_t>(std::max(0.0, std::ceil(rank * count) - 1));
  const auto nth = sorted.begin() + static_cast<std::ptrdiff_t>(index);
  std::nth_element(sorted.begin(), nth, sorted.end());
  return Millis(*nth);
}

}  // namespace contextsync

#include "core/sync/sync_board.h"

#include <algorithm>

namespace contextsync {
namespace {

// Longer than any caller waits; keeps an "infinite" deadline within the clock's range.
constexpr std::chrono::hours kLongestWait{1};

std::optional<double> Fraction(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void SyncBoard::Post(const SyncView& view) {
  {
    MutexLock lock(mu_);
    view_ = view;
  }
  posted_.NotifyAll();
}

SyncView SyncBoard::View() const {
  MutexLock lock(mu_);
  return view_;
}

bool SyncBoard::WaitUntil(Clock::Instant deadline,
                          const std::function<bool(const SyncView&)>& settled) {
  // The condition variable knows the steady clock only; `clock_` may be another.
  const Clock::Instant now = clock_.Now();
  const auto wait = deadline <= now
                        ? Clock::Instant::duration::zero()
                        : std::min<Clock::Instant::duration>(deadline - now, kLongestWait);
  const auto until = std::chrono::steady_clock::now() + wait;
  MutexLock lock(mu_);
  while (!settled(view_)) {
    if (!posted_.WaitUntil(mu_, until)) return settled(view_);
  }
  return true;
}

void SyncBoard::BeginExchange() {
  const Clock::Instant now = clock_.Now();
  MutexLock lock(mu_);
  exchange_began_ = now;
}

bool SyncBoard::IsHubTooSlowFor(Clock::Instant deadline) const {
  const Clock::Instant now = clock_.Now();
  MutexLock lock(mu_);
  return exchange_began_ && deadline > now && (now - *exchange_began_) / 2 > deadline - now;
}

void SyncBoard::RecordExchange(std::chrono::nanoseconds latency, bool succeeded) {
  MutexLock lock(mu_);
  exchange_began_.reset();
  ++exchanges_;
  if (!succeeded) return;
  ++succeeded_;
  latencies_.Add(latency);
}

void SyncBoard::RecordPreSync(bool proven) {
  MutexLock lock(mu_);
  ++pre_syncs_;
  if (proven) ++proven_;
}

SyncMetrics SyncBoard::Metrics() const {
  MutexLock lock(mu_);
  return {.total_syncs = exchanges_,
          .success_rate = Fraction(succeeded_, exchanges_),
          .avg_latency_ms = latencies_.Average(),
          .p50_ms = latencies_.Percentile(0.5),
          .p99_ms = latencies_.Percentile(0.99),
          .cache_hit_rate = Fraction(proven_, pre_syncs_)};
}

}  // namespace contextsync

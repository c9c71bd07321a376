#include "core/sync/pacer.h"

#include <algorithm>

#include "core/ports/protocol_mutant.h"

namespace contextsync {

Pacer::Pacer(Random& random)
    : failures_(random), detours_(random), local_(random, sync_tuning::kLocalRetryCeiling) {}

void Pacer::OnExchange(const Exchange& exchange, bool was_hello, Clock::Instant begun,
                       Clock::Instant now) {
  if (exchange.result == Exchange::Result::kNothing) return;
  last_attempt_ = begun;
  if (exchange.result == Exchange::Result::kLocalFailed) {
    not_before_ = now + local_.Fail();
    return;
  }
  if (exchange.result == Exchange::Result::kHubFailed) {
    OnHubFailure(*exchange.failure, now);
    return;
  }
  breaker_.OnAnswer();
  barred_ = LinkState::kNone;
  met_ = true;
  unreachable_ = false;
  not_before_ = now;
  if (exchange.result == Exchange::Result::kDone) {
    local_.Reset();
    // A hello that works says nothing about the push that does not: its failures go on counting.
    if (was_hello) return;
    failures_.Reset();
    detours_.Reset();
    return;
  }
  if (exchange.result == Exchange::Result::kResize) return;
  // The first detour is free, the usual way on. A circle of them is not.
  const bool is_first = detours_.failures() == 0;
  const auto delay = detours_.Fail();
  if (exchange.result == Exchange::Result::kBackOff || !is_first) not_before_ = now + delay;
}

void Pacer::OnHubFailure(const HubFailure& failure, Clock::Instant now) {
  const bool silent = failure.fault == HubFault::kTransport || failure.fault == HubFault::kTimeout;
  silent ? breaker_.OnTransportFailure() : breaker_.OnAnswer();
  unreachable_ = silent;
  met_ = met_ || !silent;
  floor_ = failure.retry_after ? now + *failure.retry_after : now;
  if (failure.fault == HubFault::kUnauthorized) {
    barred_ = LinkState::kUnauthorized;
    not_before_ = std::max(floor_, now + sync_tuning::kUnauthorizedRetry);
  } else if (failure.fault == HubFault::kUpgradeRequired) {
    barred_ = LinkState::kUpgradeRequired;
    not_before_ = std::max(floor_, now + sync_tuning::kUpgradeRetry);
  } else {
    not_before_ = now + failures_.Fail(failure.retry_after);
    const bool gives_up = MutantActive(ProtocolMutant::kRetryStopsAfterSeven);
    if (gives_up && failures_.failures() >= sync_tuning::kStalledAfter)
      not_before_ = Clock::Instant::max();
  }
}

void Pacer::OnCaughtUp() {
  failures_.Reset();
  detours_.Reset();
}

void Pacer::OnWrite(Clock::Instant now) {
  if (breaker_.state() == CircuitState::kClosed && barred_ == LinkState::kNone) Hurry(now);
}

void Pacer::OnSignOfLife(Clock::Instant now) {
  Hurry(now);
}

void Pacer::Hurry(Clock::Instant now) {
  const Clock::Instant earliest = std::max({now, floor_, last_attempt_ + sync_tuning::kHurriedGap});
  not_before_ = std::min(not_before_, earliest);
}

bool Pacer::OnTimer() {
  breaker_.OnTimer();
  return breaker_.state() == CircuitState::kHalfOpen;
}

LinkState Pacer::link() const {
  if (barred_ != LinkState::kNone) return barred_;
  if (failures_.failures() >= sync_tuning::kStalledAfter) return LinkState::kStalled;
  return met_ && !unreachable_ ? LinkState::kOnline : LinkState::kOffline;
}

bool Pacer::MayProbe(Clock::Instant now) const {
  const bool is_waiting = failures_.failures() > 0 && now < not_before_;
  return is_waiting && barred_ == LinkState::kNone && now >= floor_;
}

bool Pacer::IsHealthy() const {
  return failures_.failures() == 0 && barred_ == LinkState::kNone && !unreachable_;
}

}  // namespace contextsync

#include "core/sync/freshness.h"

#include <algorithm>

#include "core/ports/protocol_mutant.h"
#include "core/sync/tuning.h"

namespace contextsync {

using std::chrono::milliseconds;

ClockReading ClockReading::Of(const Clock& clock) {
  const auto now = clock.Now().time_since_epoch();
  return {clock.BootTime(), std::chrono::duration_cast<milliseconds>(now)};
}

bool ClockReading::JumpedSince(const ClockReading& earlier) const {
  const milliseconds apart = (boot - earlier.boot) - (monotonic - earlier.monotonic);
  return apart > sync_tuning::kClockJump || apart < -sync_tuning::kClockJump;
}

void Freshness::OnBeat(HubSequence head, UnixMillis emitted, const ClockReading& now) {
  beat_ = Beat{head, emitted, now};
}

bool Freshness::IsFresh(const HubClock& hub_clock, const ClockReading& now) const {
  if (!beat_ || !hub_clock.known() || cursor_ < beat_->head) return false;
  if (now.JumpedSince(beat_->seen)) return false;
  const milliseconds age(hub_clock.At(now.boot) - beat_->emitted);
  return age + hub_clock.error() <= sync_tuning::kFreshFor && age >= -sync_tuning::kFutureBeat;
}

std::optional<milliseconds> Freshness::ProvenAt(const HubClock& hub_clock) const {
  if (!beat_ || !hub_clock.known() || cursor_ < beat_->head) return std::nullopt;
  if (MutantActive(ProtocolMutant::kAgeFromArrival)) return beat_->seen.boot;
  // A beat cannot have been emitted after it was seen; a skewed offset must not make us younger.
  return std::min(hub_clock.BootAt(beat_->emitted), beat_->seen.boot);
}

}  // namespace contextsync

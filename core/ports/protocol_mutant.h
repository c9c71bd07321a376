// Seeded defects of notebook, synchronisation and hub, to test the simulator. Built only with
// -DCONTEXTSYNC_MUTANTS=ON; otherwise every question is a constant false and the compiler drops it.
// Run: tests/mutants/protocol.sh

#pragma once

#include <cstdint>

namespace contextsync {

enum class ProtocolMutant : std::uint8_t {
  // notebook
  kAnsweredBeforeFsync,
  kOperationForgotten,
  kCursorWithoutData,
  kGapSkipped,
  kAcknowledgedWithoutId,
  kForkIgnored,
  kFeedDoesNotMoveClock,
  kAnswerDeletesEntry,
  kRefusedStays,
  kPendingLostInRebuild,
  kRepairLeftOut,
  kBaseKeptAtAdoption,
  kJournalNotRenumbered,
  kAckedAheadOfFsync,
  kCollectedNotRejoined,
  kRecordNotForgotten,
  kPurgeNotKept,
  // synchronisation
  kReplacesOn409,
  kAgeFromArrival,
  kLostWakeUp,
  kNotArmedAfterRestart,
  kRetryStopsAfterSeven,
  kSilentChannelKept,
  // hub
  kHubAnswersBeforeFsync,
  kKnownEntryNumberedAgain,
  kRejectedReplayedAsDuplicate,
  kCheckIgnored,
  kPurgeLeavesFeed,
};

#ifdef CONTEXTSYNC_MUTANTS
/// True when the environment's CONTEXTSYNC_PROTOCOL_MUTANT names `mutant` (its enumerator without
/// the k).
bool MutantActive(ProtocolMutant mutant);
#else
constexpr bool MutantActive(ProtocolMutant /*mutant*/) {
  return false;
}
#endif

}  // namespace contextsync

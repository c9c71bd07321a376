#include "core/ports/protocol_mutant.h"

#ifdef CONTEXTSYNC_MUTANTS

#include <array>
#include <cstdlib>
#include <string_view>

namespace contextsync {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 28> kProtocolNames = {"AnsweredBeforeFsync",
                                                             "OperationForgotten",
                                                             "CursorWithoutData",
                                                             "GapSkipped",
                                                             "AcknowledgedWithoutId",
                                                             "ForkIgnored",
                                                             "FeedDoesNotMoveClock",
                                                             "AnswerDeletesEntry",
                                                             "RefusedStays",
                                                             "PendingLostInRebuild",
                                                             "RepairLeftOut",
                                                             "BaseKeptAtAdoption",
                                                             "JournalNotRenumbered",
                                                             "AckedAheadOfFsync",
                                                             "CollectedNotRejoined",
                                                             "RecordNotForgotten",
                                                             "PurgeNotKept",
                                                             "ReplacesOn409",
                                                             "AgeFromArrival",
                                                             "LostWakeUp",
                                                             "NotArmedAfterRestart",
                                                             "RetryStopsAfterSeven",
                                                             "SilentChannelKept",
                                                             "HubAnswersBeforeFsync",
                                                             "KnownEntryNumberedAgain",
                                                             "RejectedReplayedAsDuplicate",
                                                             "CheckIgnored",
                                                             "PurgeLeavesFeed"};

std::string_view ActiveProtocolName() {
  const char* name = std::getenv("CONTEXTSYNC_PROTOCOL_MUTANT");
  if (name == nullptr || *name == '\0') return {};
  for (const std::string_view known : kProtocolNames) {
    if (known == name) return known;
  }
  std::abort();  // a misspelt mutant must not pass for a survivor
}

}  // namespace

bool MutantActive(ProtocolMutant mutant) {
  static const std::string_view active = ActiveProtocolName();
  return !active.empty() && kProtocolNames[static_cast<std::size_t>(mutant)] == active;
}

}  // namespace contextsync

#endif

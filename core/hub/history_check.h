// Whether a notebook's history is ours: the tests every request passes first. Source:
// docs/sync_protocol.md#epochs

#pragma once

#include <optional>

#include "core/hub/hub_stage.h"

namespace contextsync {

/// The running hash of the feed at `seq`; nothing when that is not in the feed (any more).
Result<std::optional<FeedCheck>> CheckAt(HubStage& stage, HubSequence seq);

/// True when the sender's cursor and highest known place are of this feed. Knowing nothing is
/// always true.
Result<bool> SharesHistory(HubStage& stage, const HistoryClaim& claim);

/// The last sequence that the sender's history and ours have in common for certain.
Result<HubSequence> ForkSequence(HubStage& stage, const HistoryClaim& claim);

/// The tests in their order: other epoch or other check → kEpochChanged; `since` below the feed →
/// kCursorGone. A claim without epoch (a reader that stores nothing) only passes through the last.
Result<std::optional<HubFailure>> TestClaim(HubStage& stage, const HistoryClaim& claim,
                                            HubSequence since);

/// "No such workspace or no right": the same answer for both, so that nobody learns which exist.
HubFailure NoAccess();

/// The store failed; trying again later may help.
HubFailure RetryLater(const Error& error);

}  // namespace contextsync

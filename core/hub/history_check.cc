#include "core/hub/history_check.h"

#include <algorithm>
#include <chrono>

#include "core/ports/protocol_mutant.h"

namespace contextsync {

namespace {

/// Long enough for a disk to recover from a hiccup, short against the notebooks' own back-off.
constexpr std::chrono::milliseconds kRetryAfter{1'000};

HubFailure EpochChanged(const WorkspaceHead& head, HubSequence fork_seq) {
  HubFailure failure;
  failure.fault = HubFault::kEpochChanged;
  failure.message = "the hub has another history";
  failure.epoch = head.epoch;
  failure.head = head.seq;
  failure.fork_seq = fork_seq;
  return failure;
}

/// Whether the feed has this check there, as far as that can be told.
Result<bool> IsOurs(HubStage& stage, HubSequence seq, const FeedCheck& claimed) {
  if (seq == HubSequence()) return true;
  if (seq > stage.head().seq) return false;
  CONTEXTSYNC_ASSIGN_OR_RETURN(const std::optional<FeedCheck> check, CheckAt(stage, seq));
  // Below the feed nothing can be compared any more; the floor is tested separately.
  if (!check) return seq < stage.head().gc_floor;
  return *check == claimed || MutantActive(ProtocolMutant::kCheckIgnored);
}

}  // namespace

Result<std::optional<FeedCheck>> CheckAt(HubStage& stage, HubSequence seq) {
  if (seq == stage.head().seq) return std::optional<FeedCheck>(stage.head().check);
  CONTEXTSYNC_ASSIGN_OR_RETURN(const std::optional<StoredItem> item, stage.ItemAt(seq));
  if (!item) return std::optional<FeedCheck>();
  return std::optional<FeedCheck>(item->check);
}

Result<bool> SharesHistory(HubStage& stage, const HistoryClaim& claim) {
  // The cursor may be of another history than what is known above it: a frame that was sent before
  // the hub was set back by hand may arrive after the answer to a push.
  if (!claim.at_check.empty()) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const bool is_shared, IsOurs(stage, claim.at, claim.at_check));
    if (!is_shared) return false;
  }
  return IsOurs(stage, claim.known, claim.check);
}

Result<HubSequence> ForkSequence(HubStage& stage, const HistoryClaim& claim) {
  const WorkspaceHead& head = stage.head();
  if (claim.epoch.empty() || claim.epoch != head.previous_epoch) return HubSequence();
  if (claim.known > head.fork_seq) return head.fork_seq;
  CONTEXTSYNC_ASSIGN_OR_RETURN(const bool is_shared, SharesHistory(stage, claim));
  return is_shared ? head.fork_seq : HubSequence();
}

Result<std::optional<HubFailure>> TestClaim(HubStage& stage, const HistoryClaim& claim,
                                            HubSequence since) {
  const WorkspaceHead& head = stage.head();
  if (!claim.epoch.empty()) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const bool is_shared, SharesHistory(stage, claim));
    if (claim.epoch != head.epoch || !is_shared) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(const HubSequence fork_seq, ForkSequence(stage, claim));
      return std::optional<HubFailure>(EpochChanged(head, fork_seq));
    }
  }
  if (since >= head.gc_floor) return std::optional<HubFailure>();
  HubFailure failure;
  failure.fault = HubFault::kCursorGone;
  failure.message = "what you ask for is collected";
  failure.gc_floor = head.gc_floor;
  return std::optional<HubFailure>(std::move(failure));
}

HubFailure NoAccess() {
  HubFailure failure;
  failure.fault = HubFault::kUnauthorized;
  failure.message = "no such workspace or no right";
  return failure;
}

HubFailure RetryLater(const Error& error) {
  HubFailure failure;
  failure.fault = HubFault::kRetryLater;
  failure.message = error.message();
  failure.retry_after = kRetryAfter;
  return failure;
}

}  // namespace contextsync

#include "core/sync/greeter.h"

#include <algorithm>
#include <utility>

#include "core/base/failpoint.h"
#include "core/base/log.h"
#include "core/ports/protocol_mutant.h"
#include "core/sync/tuning.h"

namespace contextsync {

namespace {

/// Everything stored here is within the history both share: nothing to join or repair.
bool HoldsNothingElse(const SyncPosition& position, const HelloResponse& hello) {
  return hello.verdict == HelloVerdict::kEpochChanged && position.claim.known <= hello.fork_seq;
}

/// At a first meeting the feed from its start brings the same state as a snapshot, and the history
/// with it.
bool CanReplayFeed(const HelloResponse& hello) {
  return hello.verdict == HelloVerdict::kFirst && hello.gc_floor == HubSequence() &&
         hello.head.value <= sync_tuning::kSnapshotDistance;
}

}  // namespace

Exchange Greeter::Run() {
  const SyncPosition position = replica_.Position();
  PassFailpoint(Failpoint::kHelloSending);
  auto reply = hub_.Hello(Request(position));
  if (!reply.ok()) {
    if (auto detour = TakeDetour(reply.failure(), replica_, session_)) return *detour;
    return Exchange::HubFailed(std::move(reply).failure());
  }
  PassFailpoint(Failpoint::kHelloAnswered);
  const HelloResponse& hello = reply.value();
  if (IsStrangeHub(position, hello)) {
    // A mistyped URL must not upload a notebook.
    return Exchange::HubFailed(HubFault::kUnauthorized, "this is not the hub of this notebook");
  }
  session_.role = hello.role;
  session_.limits = hello.limits;
  session_.head = hello.head;
  session_.hub_build = hello.build;
  session_.gc_floor = hello.gc_floor;
  ++session_.greetings;
  if (auto noted = replica_.NoteHub(hello.head, hello.gc_floor, hub_.WallOffset());
      !noted.ok() && noted.error().code() != ErrorCode::kStorageFull) {
    // A full disk is no reason to keep the journal from the hub: what could not be noted, the next
    // hello tells again.
    return Exchange::LocalFailed(std::move(noted).error());
  }
  PassFailpoint(Failpoint::kHelloNoted);
  session_.hello = false;
  return Act(position, hello);
}

HelloRequest Greeter::Request(const SyncPosition& position) const {
  return {.build = identity_.build,
          .device = position.device,
          .former = position.former,
          .next_n = position.next_n,
          .acked_n = position.acked_n,
          .low_base = position.low_base,
          .cursor = position.durable_cursor,
          .claim = position.claim,
          .agent = identity_.agent};
}

Exchange Greeter::Act(const SyncPosition& position, const HelloResponse& hello) {
  switch (hello.verdict) {
    case HelloVerdict::kOk:
      return Continue(position, hello);
    case HelloVerdict::kFirst:
    case HelloVerdict::kEpochChanged:
      return Adopt(position, hello);
    case HelloVerdict::kCursorGone:
      session_.open = false;
      session_.install = InstallOrder{.purpose = InstallPurpose::kReplace, .hello = hello};
      return Exchange::Done();
    case HelloVerdict::kDeviceForked:
      break;
  }
  return LeaveFork(replica_, session_);
}

Exchange Greeter::Continue(const SyncPosition& position, const HelloResponse& hello) {
  // The hub knows numbers that we have not given out: we are an older copy of ourselves.
  if (hello.last_n >= position.next_n) return LeaveFork(replica_, session_);
  if (session_.adopt_anyway) return Adopt(position, hello);
  const std::uint64_t behind = hello.head.value - std::min(hello.head, position.cursor).value;
  if (behind > sync_tuning::kSnapshotDistance) {
    session_.open = false;
    session_.install = InstallOrder{.purpose = InstallPurpose::kReplace, .hello = hello};
    return Exchange::Done();
  }
  identity_.pinned_origin = identity_.origin;
  session_.open = true;
  session_.install.reset();
  session_.push = session_.push || !MutantActive(ProtocolMutant::kNotArmedAfterRestart);
  session_.rebuilds.insert(position.rebuild.begin(), position.rebuild.end());
  if (position.restamp_from) session_.restamp = position.restamp_from;
  if (behind > 0) session_.pull = true;
  return Exchange::Done();
}

Exchange Greeter::Adopt(const SyncPosition& position, const HelloResponse& hello) {
  CONTEXTSYNC_LOG(kInfo, "adopting the hub's history",
                  {{"epoch", hello.epoch.value}, {"head", hello.head.value}});
  session_.open = false;
  const bool is_short =
      !session_.adopt_anyway && (HoldsNothingElse(position, hello) || CanReplayFeed(hello));
  auto adopted = is_short ? replica_.AdoptEpoch(hello, {})
                          : Status(Error(ErrorCode::kInvalidArgument, "a snapshot is needed"));
  if (!adopted.ok() && adopted.error().code() == ErrorCode::kInvalidArgument) {
    const bool replaces = MutantActive(ProtocolMutant::kReplacesOn409);
    session_.install =
        InstallOrder{.purpose = replaces ? InstallPurpose::kReplace : InstallPurpose::kAdoptEpoch,
                     .hello = hello};
    return Exchange::Done();
  }
  if (!adopted.ok()) {
    session_.hello = true;
    return Exchange::LocalFailed(std::move(adopted).error());
  }
  identity_.pinned_origin = identity_.origin;
  session_.open = true;
  NoteRenumbered(position, replica_, session_);
  return Exchange::Done();
}

bool Greeter::IsStrangeHub(const SyncPosition& position, const HelloResponse& hello) const {
  const bool is_pinned = !identity_.pinned_origin.empty() && !position.claim.epoch.empty();
  const bool moved = identity_.pinned_origin != identity_.origin;
  return is_pinned && moved && hello.epoch != position.claim.epoch && !identity_.adopt;
}

}  // namespace contextsync

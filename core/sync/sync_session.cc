#include "core/sync/sync_session.h"

#include <algorithm>

#include "core/base/log.h"

namespace contextsync {

std::optional<Exchange> TakeDetour(const HubFailure& failure, Replica& replica,
                                   SyncSession& session) {
  switch (failure.fault) {
    case HubFault::kEpochChanged:
      // What to do depends on fork_seq and last_n as of now: hello tells.
      session.open = false;
      session.hello = true;
      return Exchange::Detour();
    case HubFault::kDeviceForked:
      return LeaveFork(replica, session);
    case HubFault::kCursorGone:
      session.open = false;
      session.gc_floor = std::max(session.gc_floor, failure.gc_floor);
      session.install = InstallOrder{};
      session.install->hello.epoch = replica.Position().claim.epoch;
      return Exchange::Detour();
    default:
      return std::nullopt;
  }
}

Exchange LeaveFork(Replica& replica, SyncSession& session) {
  CONTEXTSYNC_LOG(kWarning, "another notebook uses this device id; taking a new one");
  const SyncPosition before = replica.Position();
  if (auto taken = replica.TakeNewDevice(); !taken.ok()) {
    session.hello = true;  // or nothing would come back to this before the next periodic one
    return Exchange::LocalFailed(std::move(taken).error());
  }
  NoteRenumbered(before, replica, session);
  session.open = false;
  session.hello = true;
  return Exchange::Detour();
}

void NoteNewGround(const Replica& replica, SyncSession& session) {
  // Numbers are others, and contexts were replaced; what remains due the notebook knows.
  const SyncPosition position = replica.Position();
  session.rebuilds = {position.rebuild.begin(), position.rebuild.end()};
  session.restamp = position.restamp_from;
  ++session.generation;
  session.push = true;
  session.pull = true;
}

void NoteRenumbered(const SyncPosition& before, const Replica& replica, SyncSession& session) {
  const SyncPosition after = replica.Position();
  // At a first meeting the numbers usually stay what they were, and callers may be waiting for
  // them.
  const bool are_kept = after.device == before.device && after.next_n == before.next_n;
  if (are_kept) {
    session.checkpoint.OnUnsettledFrom(EntryNumber(1));
  } else {
    session.checkpoint.OnRenumbered(after.next_n);
  }
  NoteNewGround(replica, session);
}

}  // namespace contextsync

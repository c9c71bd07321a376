#include "core/sync/sync_session.h"

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
      session.install = InstallOrder{};
      session.install->hello.epoch = replica.Position().claim.epoch;
      return Exchange::Detour();
    default:
      return std::nullopt;
  }
}

Exchange LeaveFork(Replica& replica, SyncSession& session) {
  CONTEXTSYNC_LOG(kWarning, "another notebook uses this device id; taking a new one");
  if (auto taken = replica.TakeNewDevice(); !taken.ok()) {
    return Exchange::LocalFailed(std::move(taken).error());
  }
  NoteNewGround(replica, session, true);
  session.open = false;
  session.hello = true;
  return Exchange::Detour();
}

void NoteNewGround(const Replica& replica, SyncSession& session, bool renumbered) {
  ++session.generation;
  session.push = true;
  session.pull = true;
  if (renumbered) session.checkpoint.OnRenumbered(replica.Position().next_n);
}

}  // namespace contextsync

// SyncSession: what is to be said to the hub next, and what it has told us. Shared by the parts of
// the syncer.

#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "core/document/context_ref.h"
#include "core/ports/hub_messages.h"
#include "core/sync/checkpoint.h"
#include "core/sync/exchange.h"
#include "core/sync/replica.h"

namespace contextsync {

/// Why a whole snapshot is fetched.
enum class InstallPurpose { kAdoptEpoch, kReplace };

struct InstallOrder {
  InstallPurpose purpose = InstallPurpose::kReplace;
  HelloResponse hello;  // kReplace: only the epoch counts
};

/// Thread-safety: none; lives on the engine's thread.
struct SyncSession {
  // ── wanted ──
  // Invariant: an entry without outcome ⇒ `push` is set, or its timer is what the engine waits for.
  bool hello = true;
  bool push = true;
  bool pull = true;
  std::optional<InstallOrder> install;
  std::optional<EntryNumber>
      restamp;  // own entries from here on need fresh stamps, before all else
  std::set<ContextRef> rebuilds;
  // The last rebuild could not be installed: what it lacks may come with the feed.
  bool rebuild_lacks_something = false;
  // An answer touched conflict records: callers wait until what is wanted above has brought them.
  bool awaits_records = false;

  // ── known ──
  bool open = false;  // a hello found our history and the hub's to be one
  bool adopt_anyway =
      false;  // an entry the hub misses is gone here: treat the next hello as another epoch
  // The feed holds what this build cannot take: no pulls until the periodic hello.
  FeedStop feed_stop = FeedStop::kNone;
  std::string role;
  std::string hub_build;
  HubLimits limits;
  HubSequence head;
  HubSequence gc_floor;
  std::uint64_t greetings = 0;  // hellos that were answered
  Checkpoint checkpoint;
  std::uint64_t generation =
      0;  // grows when position or device changed under an open event channel
  std::uint64_t pushed = 0;
  std::uint64_t pulled = 0;
};

/// The way on when the hub answered 409 or 410; nothing for every other failure.
std::optional<Exchange> TakeDetour(const HubFailure& failure, Replica& replica,
                                   SyncSession& session);

/// Becomes another device because a copy of this notebook uses our id.
Exchange LeaveFork(Replica& replica, SyncSession& session);

/// The history or our place in it is another: the event channel has to begin anew, and of the
/// rebuilds those count that are still due there.
void NoteNewGround(const Replica& replica, SyncSession& session);

/// Pending entries were numbered anew; `before` is the position until then.
void NoteRenumbered(const SyncPosition& before, const Replica& replica, SyncSession& session);

}  // namespace contextsync

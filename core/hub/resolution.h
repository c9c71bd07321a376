// Resolution: what a person's choice does to the record it is about. Source:
// docs/sync_protocol.md#resolving

#pragma once

#include "core/hub/challenge.h"
#include "core/hub/hub_stage.h"

namespace contextsync {

enum class ResolutionEffect {
  kNone,        // it is a write like any other
  kCloses,      // nothing changed since the person looked: the record is closed
  kChallenges,  // somebody decided otherwise in between: it waits for a person itself
};

struct Resolution {
  ResolutionEffect effect = ResolutionEffect::kNone;
  ConflictRecord record;  // unless kNone: as it is before the entry
  DeviceId decided_by;    // kChallenges: who was first
};

/// A record the hub does not know makes the choice a write like any other: after a restore its
/// repair may come later than the choice, and nothing acknowledged may be refused for that.
Result<Resolution> JudgeResolution(HubStage& stage, const PushEntry& entry,
                                   const WriteOrigin& origin);

/// Why `entry` can be no choice at all; empty when it can.
std::string FaultOfChoice(const PushEntry& entry);

}  // namespace contextsync

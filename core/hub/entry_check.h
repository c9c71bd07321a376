// What an entry must satisfy to be numbered. Limits bind the entry itself and never what several
// lawful entries add up to, or replicas would diverge. Source: docs/sync_protocol.md#push

#pragma once

#include <optional>
#include <vector>

#include "core/ports/hub_messages.h"

namespace contextsync {

/// Stamps further ahead of the hub's clock than this are refused before anybody can see them.
inline constexpr UnixMillis kMaxClockSkewMillis = 60'000;

struct EntryRules {
  DeviceId device;
  const std::vector<DeviceId>& former;  // ids this notebook had before
  HubSequence head;
  UnixMillis now = 0;
};

/// The rejection (for good) or kClockSkew (after restamping it may come again) that `entry`
/// deserves, if any.
std::optional<PushResult> CheckEntry(const PushEntry& entry, const EntryRules& rules);

}  // namespace contextsync

// Sequencer: gives an entry its place in the feed: joins it, settles its conflicts, appends the
// item with the running hash. Source: docs/sync_protocol.md#push

#pragma once

#include <string>
#include <vector>

#include "core/hub/hub_stage.h"

namespace contextsync {

/// Who pushes, and when.
struct Pusher {
  DeviceId device;
  std::string principal;
  UnixMillis now = 0;            // the hub's clock
  std::vector<DeviceId> former;  // ids the notebook had before
  bool is_admin = false;
};

/// The running hash of an empty feed.
FeedCheck FirstCheck(const Epoch& epoch);

/// The running hash after `item`, when `previous` is the one before it.
FeedCheck NextCheck(const FeedCheck& previous, const FeedItem& item);

/// The item that `entry` is to become: its place behind the head, whose it is, and since when.
/// Kind, change type and what it holds are the caller's to fill; the hash is that of the entry.
FeedItem NextItem(const HubStage& stage, const Pusher& pusher, const PushEntry& entry);

/// Numbers a validated entry of op delta, resolve or repair. A rejection (VERSION_MISMATCH) stages
/// nothing.
Result<PushResult> NumberEntry(HubStage& stage, const Pusher& pusher, const PushEntry& entry);

/// The answer for an entry that became `item` before.
PushResult DuplicateOf(EntryNumber n, const StoredItem& item);

/// The answer for an entry that uses up its number without an item.
PushResult ConsumedWithoutItem(const HubStage& stage, const PushEntry& entry);

PushResult Rejection(EntryNumber n, std::string code, std::string message);

}  // namespace contextsync

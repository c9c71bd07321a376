// Failpoints: named steps at which a test can make the process die, wait or fail, to show that
// nothing acknowledged depends on getting past them. Off unless CONTEXTSYNC_FAILPOINT names one,
// and then a flag's load is all they cost. Source: docs/decisions/0006-failpoints-in-the-program.md

#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace contextsync {

/// The steps, in the order of their names in failpoint.cc.
enum class Failpoint : std::uint8_t {
  // Opening a notebook.
  kOpenLocked,
  kOpenStoreReady,
  kOpenMarkReady,
  kOpenJournalChecked,
  kOpenGenerationDropped,
  kOpenMetaWritten,
  kOpenConnected,
  // Making a store.
  kStoreDatabaseMade,
  kStoreTablesMade,
  kStoreMarkerMade,
  // A commit of a notebook.
  kCommitStaged,
  kCommitStored,
  kCommitMarked,
  kCommitPublished,
  kFlushStoreSynced,
  // A write, as its caller sees it.
  kWriteCompiled,
  kWriteDurable,
  kAnswerReady,
  // The exchange with the hub, at the notebook.
  kHelloSending,
  kHelloAnswered,
  kHelloNoted,
  kPushSending,
  kPushAnswered,
  kPullSending,
  kPullAnswered,
  kEventArrived,
  kSnapshotAnswered,
  kRebuildAnswered,
  kAnswerArriving,
  // What the notebook makes of it.
  kResultsStaged,
  kResultsNoted,
  kEntryParking,
  kPageStaged,
  kPageApplied,
  kRebuildStaged,
  kRebuildInstalled,
  kRestampStaged,
  kRestampDone,
  kAdoptionStaged,
  kAdoptionDone,
  kSnapshotContextsWritten,
  kSnapshotStaged,
  kSnapshotInstalled,
  kDeviceStaged,
  kDeviceTaken,
  kHubPinned,
  // A purge.
  kPurgeStaged,
  kPurgeStored,
  kPurgeIndexed,
  kPurgeScrubbed,
  // The end of a server.
  kEndOfInput,
  kEndFlushed,
  kEndWorkersIdle,
  kCloseSynced,
  kCloseDone,
  // A backup, and putting one in place.
  kCopyTaken,
  kBackupFilesCopied,
  kBackupManifestWritten,
  kRestoreFilesCopied,
  kRestorePrepared,
  kRestoreExchanged,
  kRestoreInPlace,
  // The hub.
  kHubStoreReady,
  kHubListening,
  kHubWorkspaceMade,
  kHubHelloStaged,
  kHubHelloStored,
  kHubPushStaged,
  kHubPushStored,
  kHubPushAnswered,
  kHubFannedOut,
  kHubScrubbed,
  kHubSubscribed,
  kHubTokenMade,
  kHubTokenStored,
  kHubTokenRevoked,
  kHubUsesSaving,
  kHubStopping,
  kHubIdle,
  kCount,
};

/// Arms one failpoint: `name[:k][=crash|error|delay]`, at the k-th time it is reached (1 when not
/// said), `crash` when not said. `*=trace` makes every one tell stderr that it was reached.
///
/// Errors:        kInvalidArgument for a name or action there is none of: a misspelt failpoint must
///                not look like one that nobody reaches.
/// Thread-safety: before other threads start.
Status ArmFailpoint(std::string_view specification);

/// All names, for tests that go through them.
std::vector<std::string_view> FailpointNames();

namespace failpoint_internal {

inline std::atomic<bool> is_armed = false;

Status Reach(Failpoint point);

}  // namespace failpoint_internal

/// Dies or waits here when armed so; armed with `error`, it goes on.
inline void PassFailpoint(Failpoint point) {
  if (!failpoint_internal::is_armed.load(std::memory_order_relaxed)) return;
  failpoint_internal::Reach(point).IgnoreBecause("this step cannot fail");
}

/// As PassFailpoint, where a step may fail.
///
/// Errors: kUnavailable when armed with `error`.
inline Status TryFailpoint(Failpoint point) {
  if (!failpoint_internal::is_armed.load(std::memory_order_relaxed)) return {};
  return failpoint_internal::Reach(point);
}

}  // namespace contextsync

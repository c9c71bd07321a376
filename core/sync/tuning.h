// Every number of synchronisation, with its unit and its reason. Source:
// docs/sync_protocol.md#retry

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace contextsync::sync_tuning {

using namespace std::chrono_literals;
using Duration = std::chrono::steady_clock::duration;

// ── retry ──
inline constexpr Duration kRetryFloor = 100ms;  // no hub is asked more often than this
inline constexpr Duration kFirstCeiling = 1s;   // ceilings 1, 2, 4 … double from here
inline constexpr Duration kRetryCeiling = 64s;  // a hub that comes back is noticed within a minute
inline constexpr Duration kReopenCeiling =
    4s;  // the event channel is cheap to retry and worth having
inline constexpr Duration kLocalRetryCeiling = 4s;   // a disk that works again is used within 5 s
inline constexpr Duration kHurriedGap = 1s;          // between attempts that something woke early
inline constexpr Duration kUnauthorizedRetry = 64s;  // only a person can help: a new token
inline constexpr Duration kUpgradeRetry = 10min;  // only a new build can help, here or at the hub
inline constexpr std::uint64_t kStalledAfter =
    7;  // failures in a row until the link is called stalled
inline constexpr std::uint64_t kBreakerTrips =
    5;  // transport failures in a row until only hello is tried

// ── requests ──
inline constexpr Duration kRequestTimeout = 15s;  // whole request; a slow link moves 1 MiB in it
inline constexpr Duration kHelloPeriod = 10min;   // clock offset, role and gc floor are renewed
inline constexpr std::uint64_t kSnapshotDistance =
    50'000;  // items behind from which a snapshot is shorter
inline constexpr std::uint64_t kFailuresToHalve = 3;    // failures of one batch until it is halved
inline constexpr std::uint64_t kFailuresToSuspect = 7;  // … of a single entry until it is put aside

// ── events ──
inline constexpr Duration kSilence = 15s;  // no frame: three heartbeats missed, the channel is dead
inline constexpr Duration kChannelHealth =
    30s;  // of frames until reconnecting starts from zero again
inline constexpr Duration kPollPeriod =
    5s;  // pulls while no channel is open: as often as heartbeats
inline constexpr std::size_t kInboxFrames =
    512;  // at 8 KiB each 4 MiB; a full inbox becomes one pull

// ── freshness ──
inline constexpr std::chrono::milliseconds kFreshFor = 7'500ms;  // heartbeat period and a half
inline constexpr std::chrono::milliseconds kClockJump =
    2s;  // boot time against monotonic: was suspended
inline constexpr std::chrono::milliseconds kFutureBeat =
    2s;  // a beat further ahead: the offset is wrong

// ── housekeeping ──
inline constexpr Duration kOfferPeriod = 1min;  // between looks for suspects that are due again
inline constexpr std::chrono::milliseconds kOffsetStep =
    1s;                                // our clock was set by more than the noise of a round trip
inline constexpr Duration kTick = 1s;  // liveness check and flush
inline constexpr std::size_t kLatencySamples = 1024;  // of the latest exchanges, for p50 and p99
inline constexpr std::size_t kRefusedKept = 1024;     // own refused numbers remembered for answers

}  // namespace contextsync::sync_tuning

// The messages between notebook and hub as plain structs. JSON form: hub_wire.h.
// Source: docs/sync_protocol.md#push, #changes, #snapshot, #events

#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/base/limits.h"
#include "core/base/outcome.h"
#include "core/base/timestamp.h"
#include "core/document/context_ref.h"
#include "core/document/drop.h"
#include "core/document/policy.h"
#include "core/document/purge.h"
#include "core/document/state.h"
#include "core/ports/left_out.h"

namespace contextsync {

inline constexpr int kProtocolVersion = 1;

// ── conflicts ────────────────────────────────────────────────────────────────────────────────

using ConflictKind = ClashKind;
enum class ConflictStatus : std::uint8_t { kAuto, kOpen, kResolved };

/// One side of a conflict: a value (canonical bytes) or its absence, and who wrote it.
struct ConflictSide {
  std::optional<std::string> value;  // canonical JSON; nothing = deleted
  Stamp stamp;
  std::string agent;
  DeviceId device;
  EntryNumber n;
  EntryId id;  // of the entry; empty when it is collected
  HubSequence seq;
  UnixMillis at = 0;

  friend bool operator==(const ConflictSide&, const ConflictSide&) = default;
};

struct ConflictResolution {
  std::string choose;  // current | incoming | value | superseded
  std::string by;
  HubSequence seq;

  friend bool operator==(const ConflictResolution&, const ConflictResolution&) = default;
};

struct ConflictRecord {
  std::string id;  // "c-" and 16 hex digits
  HubSequence rev;
  HubSequence seq;
  ContextRef context;
  std::string path;  // JSON Pointer into the data, "" the whole context, "@parent" the parent link
  ConflictKind kind = ConflictKind::kScalar;
  ConflictSide current;   // what is shown
  ConflictSide incoming;  // the other side
  Strategy strategy = Strategy::kMerge;
  ConflictStatus status = ConflictStatus::kAuto;
  LeftOut left_out;  // open under `manual`: what `incoming` wanted, in no state and no history
  std::optional<ConflictResolution> resolution;

  friend bool operator==(const ConflictRecord&, const ConflictRecord&) = default;
};

// ── entries and feed items ───────────────────────────────────────────────────────────────────

/// Part `index` of `count` of one atomic write that spans several contexts.
struct TxPart {
  std::string id;
  std::uint32_t index = 0;
  std::uint32_t count = 1;

  friend bool operator==(const TxPart&, const TxPart&) = default;
};

enum class EntryOp : std::uint8_t { kDelta, kResolve, kRepair, kPurge, kSkip };

/// A local write on its way to the hub.
struct PushEntry {
  EntryNumber n;
  EntryId id;
  EntryOp op = EntryOp::kDelta;
  std::optional<TxPart> tx;
  ContextRef context;
  HubSequence base;             // what the writer had seen of this context when it compiled
  std::optional<EntryId> over;  // least pending entry of this context at that moment
  Hlc hlc;
  std::string agent;
  std::string source;  // tool | hook | cli | import | resolve | revert | delegate | hub
  std::string reason;  // may be empty
  std::optional<Strategy> on_conflict;
  bool fail = false;  // refuse instead of numbering a conflict
  // Its base is older than anything the hub still remembers: it was stamped anew by a writer that
  // had seen the workspace up to here; 0 when it does not say.
  std::optional<HubSequence> reissue;
  std::string conflict;                 // resolve: the record's id …
  std::string choose;                   // … and current | incoming | value
  std::vector<ConflictRecord> records;  // repair: to be filed again
  Purge purge;  // of op purge, which has no delta; without writes: all that was ever written there
  Delta delta;
  std::string hash;  // EntryHash() of the fields above without n
};

/// Up to where the writer had seen what it stamped the entry above: nothing that was written later
/// is known to be older than the entry.
inline HubSequence SeenBy(const PushEntry& entry) {
  return std::max(entry.base, entry.reissue.value_or(HubSequence()));
}

/// Kind and change type of an item that collects what nobody needs (components, and records that
/// nothing can change any more): it changes no view and no rev.
inline constexpr char kCollection[] = "gc";

/// Kind and change type of an item that takes values out of everything that holds them.
inline constexpr char kPurging[] = "purge";

/// A numbered change of the workspace.
struct FeedItem {
  HubSequence seq;
  std::string kind;  // delta | resolve | repair | gc | purge
  ContextRef context;
  std::string change_type;  // create | update | delete | conflict | resolve | gc | purge
  std::string changed_by;   // agent name
  std::string author;       // the token's name; empty without authentication
  std::string source;
  std::string reason;
  UnixMillis timestamp = 0;  // the hub's clock when it numbered the entry
  DeviceId device;
  EntryNumber n;
  EntryId id;
  std::string hash;
  std::optional<TxPart> tx;
  HubSequence rev;
  Delta delta;
  std::vector<Drop> drops;             // of kind gc, which has no delta …
  std::vector<std::string> forgotten;  // … the ids of conflict records of this context
  Purge purge;                         // of kind purge, which has no delta either
  bool has_delta = true;               // false in an event that left delta, drops or purge out
  std::vector<ConflictRecord> conflicts;
};

// ── hello ────────────────────────────────────────────────────────────────────────────────────

/// What every request says about the history its sender holds.
struct HistoryClaim {
  Epoch epoch;              // empty: never synced
  HubSequence known;        // highest sequence from which anything is stored here …
  FeedCheck check;          // … and the feed's check there
  HubSequence at = {};      // how far the feed is contained, at most `known` …
  FeedCheck at_check = {};  // … and its check there; empty: not compared
  bool operator==(const HistoryClaim&) const = default;
};

struct HelloRequest {
  std::string build;
  DeviceId device;
  std::vector<DeviceId> former;
  EntryNumber next_n;
  EntryNumber acked_n;
  HubSequence low_base;
  HubSequence cursor;
  HistoryClaim claim;
  std::string agent;
};

enum class HelloVerdict { kOk, kFirst, kEpochChanged, kCursorGone, kDeviceForked };

struct HubLimits {
  std::uint64_t entry_bytes = limits::kEntryBytes;
  std::uint64_t batch_entries = limits::kPushEntries;
  std::uint64_t batch_bytes = limits::kPushBytes;
  std::uint64_t page_bytes = limits::kPageBytes;
  std::uint64_t context_bytes = limits::kContextBytes;
};

struct HelloResponse {
  HelloVerdict verdict = HelloVerdict::kOk;
  Epoch epoch;
  HubSequence head;
  FeedCheck check;  // at head
  HubSequence fork_seq;
  HubSequence gc_floor;
  EntryNumber last_n;
  DeviceId hub_device;
  std::string role;   // read | write | admin
  std::string build;  // of the hub; empty: an older one
  UnixMillis server_time = 0;
  std::chrono::milliseconds heartbeat{5'000};
  HubLimits limits;
};

// ── push ─────────────────────────────────────────────────────────────────────────────────────

struct PushRequest {
  DeviceId device;
  std::vector<DeviceId> former;
  EntryNumber acked_n;
  HubSequence low_base;
  HubSequence cursor;
  HistoryClaim claim;
  std::vector<PushEntry> entries;  // n ascending without gaps
};

enum class PushStatus : std::uint8_t {
  kAccepted,
  kMerged,
  kConflict,
  kDuplicate,
  kRejected,
  kClockSkew,
  kGap,
  kRetry,
};

struct PushResult {
  EntryNumber n;
  PushStatus status = PushStatus::kRetry;
  HubSequence seq;
  HubSequence rev;
  FeedCheck check;   // of the feed at seq
  std::string hash;  // of what was numbered
  std::vector<std::string> conflicts;
  std::string code;     // of a rejection
  std::string message;  // of a rejection
};

struct PushResponse {
  std::vector<PushResult> results;
  EntryNumber last_n;
  HubSequence head;
  Epoch epoch;
  UnixMillis server_time = 0;
};

// ── changes and snapshot ─────────────────────────────────────────────────────────────────────

struct ChangesRequest {
  DeviceId device;
  HubSequence since;
  HistoryClaim claim;  // empty epoch: a reader that stores nothing
  std::size_t limit = limits::kPageItems;
  std::chrono::milliseconds wait{0};
};

struct ChangesPage {
  std::vector<FeedItem> changes;
  HubSequence next;  // the cursor after this page
  FeedCheck check;   // at `next`
  bool more = false;
  HubSequence head;
  Epoch epoch;
  UnixMillis server_time = 0;
};

struct SnapshotRequest {
  DeviceId device;
  HistoryClaim claim;
  std::string after;                  // opaque key of the previous page, empty for the first
  std::optional<ContextRef> context;  // only this one
};

struct ContextSnapshot {
  ContextRef context;
  State state;
  HubSequence rev;
  HubSequence asof;
  std::string state_hash;
  UnixMillis updated_at = 0;
  std::string updated_by;
  std::vector<Purge> purges;  // all there ever were, for what is joined later
};

struct SnapshotPage {
  HubSequence start;
  FeedCheck check;  // at `start`
  std::vector<ContextSnapshot> contexts;
  std::vector<ConflictRecord> conflicts;
  std::string next;  // empty: last page
  Hlc hlc;           // the largest stamp the workspace holds
  HubSequence head;
  Epoch epoch;
  UnixMillis server_time = 0;
};

struct EventsRequest {
  HubSequence since;
  HistoryClaim claim;
  DeviceId device;
};

// ── events ───────────────────────────────────────────────────────────────────────────────────

struct EventFrame {
  enum class Type { kReady, kHeartbeat, kChanged, kLagged };

  Type type = Type::kHeartbeat;
  Epoch epoch;
  HubSequence head;  // ready, heartbeat, lagged
  FeedCheck check;   // at head, or at item.seq
  UnixMillis server_time = 0;
  HubSequence prev;  // changed: the item before it for this subscriber
  FeedItem item;     // changed
};

// ── failures ─────────────────────────────────────────────────────────────────────────────────

enum class HubFault {
  kTransport,        // no connection, connection lost, malformed answer
  kTimeout,          // no answer in time; the hub may have acted
  kRetryLater,       // 429, 503 and other 5xx
  kUnauthorized,     // 401, 403
  kMalformed,        // 400, 415: our request is at fault
  kEpochChanged,     // 409: the hub has another history
  kDeviceForked,     // 409: another notebook uses our device id
  kCursorGone,       // 410: what we ask for is collected
  kTooLarge,         // 413
  kUpgradeRequired,  // 426, or content of a version we do not know
  kHubInvalid,       // a well-formed answer that holds what no hub may number
};

struct HubFailure {
  HubFault fault = HubFault::kTransport;
  std::string message;
  std::optional<std::chrono::milliseconds> retry_after;
  Epoch epoch;           // 409
  HubSequence head;      // 409
  HubSequence fork_seq;  // 409
  EntryNumber last_n;    // 409
  HubSequence gc_floor;  // 410
};

/// The hub's answer or its failure.
template <typename T>
using HubReply = Outcome<T, HubFailure>;

}  // namespace contextsync

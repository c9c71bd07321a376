// The values of the notebook's tables and their binary form. Every record begins with its format
// number; a reader refuses what a newer build wrote (kInvalidArgument) and what is damaged
// (kCorruption). Source: docs/storage_format.md#notebook-tables

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/notebook/keys.h"
#include "core/notebook/requests.h"
#include "core/ports/hub_messages.h"

namespace contextsync {

/// Everything there is one of. Rewritten with every batch, so that it never disagrees with what it
/// counts.
struct Meta {
  WorkspaceId workspace;
  DeviceId device;
  std::vector<DeviceId> former;
  keys::Generation generation = 0;

  // Clock and numbers.
  Hlc hlc;                     // largest stamp minted or received
  std::int64_t offset_ms = 0;  // hub time − our time
  EntryId last_id;             // entry ids ascend
  EntryNumber next_n{1};
  EntryNumber acked_n;           // every own entry up to here has the hub's word, or is parked
  EntryNumber first_n{1};        // no entry below is in the journal
  std::uint64_t last_local = 0;  // own changes ever made here; never renumbered

  // Place in the feed.
  Epoch epoch;
  HubSequence cursor;
  FeedCheck check;
  HubSequence known;  // highest sequence from which anything is stored here
  FeedCheck known_check;
  HubSequence head;
  HubSequence gc_floor;
  UnixMillis last_sync_at = 0;  // when the hub last answered; 0: never
  std::string hub_origin;       // the hub this notebook belongs to; empty: none yet
  bool is_folded = false;       // journal entries were dropped while there was no hub
  EntryNumber retried_n;  // up to here the journal may hold entries that came back from parking

  // Counts, so that a summary reads nothing else.
  std::uint64_t contexts = 0;
  std::uint64_t bytes = 0;
  std::uint64_t parked = 0;
  std::uint64_t conflicts_open = 0;
  std::uint64_t conflicts_total = 0;
  std::uint64_t own_confirmed = 0;
  std::uint64_t operations = 0;

  // Bounds of the changes index: what is at or below was dropped.
  HubSequence changes_dropped_seq;
  std::uint64_t changes_dropped_local = 0;
  std::uint64_t feed_changes = 0;

  std::optional<Recovery> recovery;

  friend bool operator==(const Meta&, const Meta&) = default;
};

/// What is known of a context besides its cells.
struct DocumentHeader {
  bool is_shown = false;               // exists, parked writes laid over
  HubSequence rev;                     // of its last item
  HubSequence asof;                    // hub history contained up to here, when ahead of the cursor
  std::uint64_t unnumbered = 0;        // own changes the hub has not numbered
  std::vector<std::uint64_t> aliases;  // versions once shown for this very content
  std::uint64_t parked = 0;
  UnixMillis created_at = 0;
  UnixMillis updated_at = 0;
  std::string updated_by;
  std::string author;
  std::optional<ContextRef> parent;
  std::uint64_t cell_bytes = 0;
  std::uint64_t history = 0;           // numbered versions kept
  std::uint64_t history_from = 0;      // the version its history begins with, which has a
                                       // checkpoint; 0: with the first there was
  std::uint64_t since_checkpoint = 0;  // numbered versions since the last one

  /// What people see as the version: `rev`, and one more for each change the hub has not numbered.
  [[nodiscard]] std::uint64_t Version() const { return rev.value + unnumbered; }

  friend bool operator==(const DocumentHeader&, const DocumentHeader&) = default;
};

/// The hub's word on an entry whose item is not contained here yet.
struct EntryOutcome {
  HubSequence seq;
  std::string hash;
  std::vector<std::string> conflicts;
  bool is_trimmed =
      false;  // the hub numbered less than was pushed: stays until the context is rebuilt

  friend bool operator==(const EntryOutcome&, const EntryOutcome&) = default;
};

/// An own write the hub has not confirmed, or whose item is not contained yet.
struct JournalEntry {
  PushEntry push;           // without its delta
  std::string delta_bytes;  // EncodeState of the delta, decoded on demand
  std::string op_id;
  std::string session;
  std::string change_type;
  std::vector<std::string> keys;
  UnixMillis created = 0;
  std::uint64_t local = 0;
  HubSequence
      floor;  // the cursor when it was compiled; ascends along the journal, `base` is never below
  std::uint64_t wire_bytes = 0;
  std::uint64_t version = 0;  // shown when it was written
  std::optional<EntryOutcome> outcome;
  std::vector<Hlc> stamped_before;  // readings it had before it was restamped: the hub may hold it
                                    // under one of these
  std::string given_up;  // why only its number is pushed, as a skip; empty: it is pushed itself

  /// Errors: kCorruption.
  [[nodiscard]] Result<Delta> DecodeDelta() const;
  [[nodiscard]] Result<PushEntry> Unpack() const;
};

struct ParkedEntry {
  JournalEntry entry;
  std::string code;
  std::string message;
  UnixMillis at = 0;
};

struct OperationRecord {
  std::string arguments_hash;
  UnixMillis at = 0;
  WriteReceipt receipt;
};

/// One numbered version of a context (or one made without a hub).
struct HistoryRecord {
  std::uint64_t version = 0;
  std::string change_type;
  std::string agent;
  std::string author;
  DeviceId device;
  UnixMillis at = 0;
  std::vector<std::string> keys;
  std::string source;
  std::string reason;
  std::optional<Strategy> strategy;
  EntryId id;
  std::string delta_bytes;
};

struct ChangeRecord {
  ContextRef context;
  std::string changed_by;
  std::string author;
  std::string change_type;
  std::vector<std::string> keys;
  std::uint64_t version = 0;
  std::optional<HubSequence> seq;
  UnixMillis at = 0;
  std::string session;  // of a local change: who need not be told
};

std::string Encode(const Meta& meta);
std::string Encode(const DocumentHeader& header);
std::string Encode(const JournalEntry& entry);
std::string Encode(const ParkedEntry& entry);
std::string Encode(const OperationRecord& record);
std::string Encode(const HistoryRecord& record);
std::string Encode(const ChangeRecord& record);
std::string Encode(const ConflictRecord& record);

/// T is one of the types above.
template <typename T>
Result<T> Decode(std::string_view bytes);

}  // namespace contextsync

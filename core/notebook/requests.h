// What goes into and comes out of a Notebook.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/document/compile.h"
#include "core/document/context_ref.h"
#include "core/ports/hub_messages.h"
#include "core/secrets/secret_scan.h"
#include "core/text/snippets.h"

namespace contextsync {

// ── writes ───────────────────────────────────────────────────────────────────────────────────

enum class Expectation { kAnything, kAbsent, kPresent };

/// What a person or an agent decided about a conflict record.
struct ResolutionChoice {
  std::string conflict;  // the record's id
  std::string choose;    // current | incoming | value
  Json value;            // for choose "value"; null deletes
};

/// One context's part of a write.
struct ContextWrite {
  ContextRef context;
  Update update;                                     // update.erase_context: delete
  Expectation expectation = Expectation::kAnything;  // kAbsent: create. kPresent: delete
  std::optional<std::uint64_t> expected_version;     // 0: must not exist
  bool fail_on_conflict =
      false;             // the hub refuses instead of numbering a conflict (PushEntry::fail)
  bool cascade = false;  // delete children too
  std::optional<std::uint64_t> revert_to;  // the update is what leads back to this version
  std::optional<Level> delegate_to;  // `context` is the source; written is what is above it there
  std::vector<ContextRef>
      parents;  // only when the context is new: farthest first, last = its parent; the
                // missing ones are created. update.parent moves an existing context
  std::optional<ResolutionChoice> resolution;  // instead of `update`: writes what was chosen, where
                                               // the record stands
  std::string source = "tool";
  std::string reason;
};

struct WriteRequest {
  std::vector<ContextWrite> writes;
  std::string op_id;           // never empty; the tool layer mints one
  std::string arguments_hash;  // SHA-256 of the canonical arguments: a known op_id with another one
                               // is refused
  std::string agent;
  std::string session;
};

struct ContextWritten {
  ContextRef context;
  std::uint64_t version = 0;
  bool pending = false;  // the version is provisional: the hub has not numbered the change
  bool created = false;
  bool changed = false;
  std::uint64_t deleted_count = 0;
  std::vector<ContextRef> parents_created;
  std::vector<std::string> stored_keys;
  std::vector<std::string> ignored_keys;
  std::vector<SecretFinding> redacted;  // taken out before anything was stored
  std::vector<SecretFinding> warned;    // stored all the same, as the policy says
};

struct WriteReceipt {
  std::vector<ContextWritten> writes;
  EntryNumber first_n;  // zero: nothing was journalled
  EntryNumber last_n;
  bool repeated = false;  // op_id was known; this is the first receipt
};

// ── reads ────────────────────────────────────────────────────────────────────────────────────

struct ContextInfo {
  ContextRef context;
  std::optional<ContextRef> parent;
  std::uint64_t version = 0;
  bool pending = false;
  UnixMillis created_at = 0;
  UnixMillis updated_at = 0;
  std::string updated_by;
  std::string author;
};

/// The hub's number of the last change, or the provisional one while own changes wait for theirs.
struct ContextVersion {
  std::uint64_t version = 0;
  bool pending = false;
};

struct ContextContent {
  ContextInfo info;
  std::shared_ptr<const Json> data;  // never null; shared with the notebook, not copied
};

struct Deletion {
  UnixMillis at = 0;
  std::string by;
};

/// Found, deleted, or (neither) never seen.
struct Lookup {
  std::optional<ContextContent> found;
  std::optional<Deletion> deleted;
};

struct ListQuery {
  Level level = Level::kTask;
  std::optional<std::string> parent_id;
  std::optional<std::string> agent;
  std::optional<UnixMillis> updated_since;
  std::vector<std::pair<std::string, Json>> filters;  // JSON Pointer → wanted value; all must hold
  std::size_t limit = 50;
  std::string cursor;  // opaque; empty: from the start
};

/// Order: updated_at descending, then id.
struct ListPage {
  std::vector<ContextContent> contexts;
  std::string next_cursor;  // empty: last page
};

struct SearchQuery {
  std::string text;
  std::optional<Level> level;
  std::optional<std::string> context_id;
  std::size_t limit = 50;
  std::string cursor;  // opaque; empty: from the start
};

struct SearchHit {
  ContextInfo info;
  double score = 0;  // of two hits of one answer, the larger one is the better
  std::vector<Snippet> snippets;
};

/// Order: score descending, then updated_at descending.
struct SearchPage {
  std::vector<SearchHit> hits;
  std::string next_cursor;  // empty: last page
};

struct HistoryQuery {
  ContextRef context;
  std::size_t limit = 50;
  std::string cursor;
};

struct HistoryVersion {
  std::uint64_t version = 0;
  bool pending = false;
  std::string change_type;
  std::string agent;
  std::string author;
  DeviceId device;
  UnixMillis timestamp = 0;
  std::vector<std::string> keys;
  std::string source;
  std::string reason;
  std::optional<Strategy> strategy;  // where one decided a conflict
};

/// Newest first.
struct HistoryPage {
  std::vector<HistoryVersion> versions;
  std::uint64_t oldest = 0;  // first version still kept
  std::string next_cursor;
};

/// Two versions to compare; 0 is the empty context.
struct SpanQuery {
  ContextRef context;
  std::optional<std::uint64_t> from;  // nothing: the one before `to`
  std::optional<std::uint64_t> to;    // nothing: what is shown now
};

struct VersionSpan {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  View before;
  View after;
};

/// What a session has seen: the feed up to `seq`, and this notebook's own changes up to `local`.
struct ChangePosition {
  HubSequence seq;
  std::uint64_t local = 0;

  friend auto operator<=>(const ChangePosition&, const ChangePosition&) = default;
};

/// "9038.17"; the reader refuses anything else.
std::string ToString(const ChangePosition& position);
std::optional<ChangePosition> ParseChangePosition(std::string_view text);

struct ChangesQuery {
  ChangePosition since;
  std::optional<HubSequence> since_seq;  // instead of a position: numbered later, or not yet
  std::optional<UnixMillis> since_time;  // instead of a position
  std::string session;                   // its own changes are left out
  std::optional<Level> level;
  std::optional<std::string> context_id;
  std::vector<ChangePosition> left_out;  // each names one change, by its number in one stream
  std::size_t limit = 50;
};

struct ChangeNote {
  ChangePosition place;  // its number in the stream it stands in; 0 in the other
  ContextRef context;
  std::string changed_by;
  std::string author;
  std::string change_type;
  std::vector<std::string> keys;  // top-level keys, at most 64
  std::uint64_t version = 0;
  std::optional<HubSequence> seq;  // nothing: a change of this machine the hub has not numbered
  bool pending = false;            // the hub is yet to number it; never without a hub
  UnixMillis timestamp = 0;
};

/// Oldest first.
struct ChangesAnswer {
  std::vector<ChangeNote> changes;
  ChangePosition position;  // after the last change shown
  std::uint64_t more = 0;   // how many follow
  bool reset = false;       // `since` is older than what is kept
};

struct ConflictQuery {
  std::optional<Level> level;
  std::optional<std::string> context_id;
  std::optional<ConflictStatus> status;
  std::size_t limit = 50;
  std::string cursor;  // opaque; empty: from the start
};

/// Newest first.
struct ConflictPage {
  std::vector<ConflictRecord> records;
  std::string next_cursor;  // empty: last page
};

/// What the strategy `version` shows beside a value: everything that was written at `path` and that
/// nobody has overwritten knowingly since.
struct PathVersions {
  std::string path;                 // as a record's
  std::vector<ConflictSide> sides;  // the one shown first, then by sequence, newest first
};

struct Recovery {
  UnixMillis at = 0;
  EntryNumber lost_from;
  EntryNumber lost_to;
  std::string message;

  friend bool operator==(const Recovery&, const Recovery&) = default;
};

/// "This should never have been stored."
struct PurgeRequest {
  ContextRef context;
  std::string path;  // JSON Pointer; everything at and below it goes
  std::string agent;
  std::string reason;  // may be empty
};

/// What a notebook holds that a purge takes out.
struct PurgePlan {
  bool is_known = false;       // there is, or was, such a context
  bool is_shown = false;       // the context's cells hold something there
  std::uint64_t versions = 0;  // numbered ones that wrote there
  std::uint64_t pending = 0;   // own entries that did, or that ask for this purge
  std::uint64_t parked = 0;

  [[nodiscard]] bool IsNothing() const {
    return !is_shown && versions == 0 && pending == 0 && parked == 0;
  }
};

struct NotebookSummary {
  std::uint64_t contexts = 0;
  std::uint64_t bytes = 0;
  std::uint64_t pending = 0;  // entries the hub has not confirmed; 0 without a hub
  std::optional<UnixMillis> oldest_pending;
  std::uint64_t parked = 0;
  std::uint64_t conflicts_open = 0;
  std::uint64_t conflicts_total = 0;
  std::uint64_t own_confirmed = 0;  // entries the hub numbered, for the conflict rate
  std::optional<Recovery> recovery;
  DeviceId device;
};

/// What a notebook holds, in one number: equal cursors and nothing pending ⇒ equal hashes
/// everywhere.
struct NotebookFingerprint {
  std::uint64_t contexts = 0;  // deleted ones included
  HubSequence cursor;
  std::string state_hash;  // SHA-256 over [level, id, StateHash] of every context, in order
};

/// An own write the hub refused for good, or could not be made to take. It is kept and shown, but
/// nobody else sees it.
struct ParkedWrite {
  EntryNumber n;  // it had when it was parked
  EntryId id;
  ContextRef context;
  std::string code;
  std::string message;
  UnixMillis at = 0;
};

struct CommitNote {
  bool local = false;  // a write of this notebook (wake the pusher); else pulled
};

// ── sync ─────────────────────────────────────────────────────────────────────────────────────

/// Everything a request to the hub says about us, as of the last fsync where that matters.
struct SyncPosition {
  DeviceId device;
  std::vector<DeviceId> former;
  EntryNumber next_n;
  EntryNumber acked_n;
  HubSequence low_base;
  HubSequence cursor;          // what the next request for changes asks from …
  FeedCheck check;             // … and the feed's check there
  HubSequence durable_cursor;  // what hello and push tell the hub: the cursor of the last fsync
  HistoryClaim claim;          // epoch; known: the highest of cursor, asof, outcomes
  HubSequence head;            // the hub's, as last heard
  std::uint64_t unsent = 0;    // entries without outcome
  std::optional<UnixMillis> last_sync_at;  // when the hub last answered, in this process or before
  std::string hub;                         // the address of that hub; empty: none accepted yet
  Hlc hlc;
  std::vector<ContextRef> rebuild;  // contexts whose rebuild is still due, across restarts
  // The hub numbered an entry as it was before its restamping: everything from here on must be
  // restamped above that before it is pushed, across restarts.
  std::optional<EntryNumber> restamp_from;

  /// Absent: never with the hub at `address`, or the clock was set back since, which proves
  /// nothing.
  [[nodiscard]] std::optional<std::chrono::milliseconds> SinceLastSync(std::string_view address,
                                                                       UnixMillis now) const {
    if (hub != address || !last_sync_at || *last_sync_at > now) return std::nullopt;
    return std::chrono::milliseconds(now - *last_sync_at);
  }
};

struct PushEffects {
  std::size_t confirmed = 0;  // entries that now have an outcome
  std::size_t parked = 0;
  bool needs_pull = false;       // something was numbered that is not contained here yet
  bool touched_records = false;  // conflict records changed, which a pull or a rebuild will bring
  std::vector<ContextRef>
      rebuild;  // the hub holds another content than we pushed, or an entry was parked
  std::optional<EntryNumber> resend_from;  // gap
  std::optional<EntryNumber> skewed_from;  // this entry and all later ones are ahead of the hub
  bool retry = false;                      // the hub asked to come back later
};

/// Gives own entries from `from` on fresh stamps, because the hub refused theirs as too far ahead.
struct RestampOrder {
  EntryNumber from;
  std::int64_t clock_offset_ms = 0;          // hub time − our time, as of now
  std::map<ContextRef, SnapshotPage> pages;  // the hub's copy of each context that is touched
};

/// Why a page was applied up to a point only. Nothing behind it is skipped or guessed at.
enum class FeedStop {
  kNone,
  kUpgradeRequired,  // an item of a kind this build does not know
  kHubInvalid,       // an item no hub may number
};

struct PageEffects {
  std::size_t applied = 0;
  FeedStop stop = FeedStop::kNone;
  bool hole = false;    // the page does not follow the cursor: pull from the cursor
  bool forked = false;  // an own number under a foreign entry id
  // Own entries numbered with another content, and what a purge took apart.
  std::vector<ContextRef> rebuild;
};

}  // namespace contextsync

// Notebook: one agent machine's copy of a workspace, its journal of unconfirmed writes, and its
// place in the hub's feed. Every state change is one atomic batch; a write is answered after its
// batch is fsynced. Source: docs/sync_protocol.md#local-write-path, docs/storage_format.md

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/notebook/hub_word.h"
#include "core/notebook/refusal.h"
#include "core/notebook/requests.h"
#include "core/ports/clock.h"
#include "core/ports/high_water_mark.h"
#include "core/ports/hub_messages.h"
#include "core/ports/table_store.h"
#include "core/text/text_query.h"

namespace contextsync {

struct NotebookOptions {
  WorkspaceId workspace;
  bool has_hub = false;  // without one, versions are local and nothing is pending
};

/// Thread-safety: any thread. Changes queue for the strand, where one leader compiles the waiting
/// ones in order and commits them as one synced batch (docs/decisions/0003); reads see committed
/// state only.
class Notebook {
 public:
  /// The tables a store must be opened with, in this order for ever.
  static const std::vector<std::string>& TableNames();

  /// Opens or initialises the notebook in `store`. Notices a lost tail by `mark` and takes a new
  /// device id then.
  ///
  /// Errors:   kInvalidArgument when the store belongs to another workspace or a newer build;
  /// kCorruption when the
  ///           journal has a hole or the clock stands before an own stamp.
  /// Lifetime: all references must outlive the notebook.
  static Result<std::unique_ptr<Notebook>> Open(TableStore& store, HighWaterMark& mark,
                                                Clock& clock, Random& random,
                                                const NotebookOptions& options);
  ~Notebook();
  Notebook(const Notebook&) = delete;
  Notebook& operator=(const Notebook&) = delete;

  // ── the agent's side ──

  /// Applies all writes of `request` in order, atomically; each sees the ones before.
  ///
  /// Errors:     a Refusal changed nothing. A known op_id with the same arguments answers the first
  /// receipt again. Durability: fsynced when it returns a receipt.
  Checked<WriteReceipt> Write(const WriteRequest& request);

  /// What Write would answer now; nothing is written.
  Checked<WriteReceipt> Rehearse(const WriteRequest& request) const;

  Checked<Lookup> Read(const ContextRef& context) const;

  /// All contexts that are shown, by level and id: those above first.
  Result<std::vector<ContextRef>> Contexts() const;

  /// Of a live or deleted context; 0 when it was never seen.
  Checked<ContextVersion> VersionOf(const ContextRef& context) const;

  Checked<ListPage> List(const ListQuery& query) const;
  Checked<HistoryPage> History(const HistoryQuery& query) const;

  /// What a context showed at two of its versions. Waits for the strand. Refuses with NOT_FOUND,
  /// and `oldest` where a version is not kept.
  Checked<VersionSpan> Span(const SpanQuery& query) const;

  /// Contexts that hold all words of the query, best first. Takes changed contexts into the index
  /// before, which waits for the strand. Refuses a query without words, and a bad cursor.
  Checked<SearchPage> Search(const SearchQuery& query) const;

  /// Takes at most `most` changed contexts into the search index, so that the next search need not.
  /// True: it holds all.
  Result<bool> IndexSome(std::size_t most) const;

  /// Empties the search index and has all contexts taken in again.
  Status RebuildIndex();

  /// What others (other devices, and other sessions of this notebook) changed after `query.since`.
  Checked<ChangesAnswer> Changes(const ChangesQuery& query) const;

  /// The position that holds everything committed so far: where a new session starts.
  [[nodiscard]] ChangePosition Latest() const;

  /// If the hub refused the write of `op_id` because of a concurrent one, takes it back whole and
  /// answers why; nothing otherwise. For a call that still waits for the hub's word.
  std::optional<Refusal> Withdraw(const std::string& op_id);

  /// Conflict records, newest first.
  Checked<ConflictPage> Conflicts(const ConflictQuery& query) const;

  /// All records of one context, newest first.
  Checked<std::vector<ConflictRecord>> ConflictsOf(const ContextRef& context) const;

  Checked<std::optional<ConflictRecord>> FindConflict(const std::string& id) const;

  /// What the strategy `version` keeps beside the values of a context, by path.
  Checked<std::vector<PathVersions>> Versions(const ContextRef& context) const;

  [[nodiscard]] NotebookSummary Summary() const;

  /// Reads everything: for checks, not for calls.
  Result<NotebookFingerprint> Fingerprint() const;

  /// Reads everything and returns what does not fit together, in words (core/notebook/audit.h).
  Result<std::vector<std::string>> Audit() const;

  /// `hook` is called after each commit, local or pulled, outside any lock; must not block. There
  /// may be several. Before use.
  void OnCommit(std::function<void(const CommitNote&)> hook);

  // ── parked writes (docs/sync_protocol.md#parking) ──

  /// Oldest first.
  Result<std::vector<ParkedWrite>> Parked() const;

  /// Everything known of one parked write, its delta included, as JSON. Errors: kNotFound.
  Result<Json> ExportParked(EntryNumber n) const;

  /// Puts it back at the end of the journal, with all of its transaction. Errors: kNotFound.
  Status RetryParked(EntryNumber n);

  /// Forgets it for good. Errors: kNotFound.
  Status DiscardParked(EntryNumber n);

  // ── purging (docs/sync_protocol.md#purge) ──

  /// What a purge would take out here. Changes nothing.
  Result<PurgePlan> PlanPurge(const PurgeRequest& request) const;

  /// Takes out everything ever written at and below a path: at once where no hub was met, and what
  /// the hub has not seen; the rest when the hub has numbered it. Then call Scrub.
  ///
  /// Errors:     kNotFound when there never was such a context; kInvalidArgument for no path.
  /// Durability: fsynced when it returns.
  Status Purge(const PurgeRequest& request);

  /// Has what was purged leave the store's files, if that is due: after a purge, here or elsewhere,
  /// and after a crash in between. Takes its time; reads and writes go on.
  Status Scrub();

  // ── the hub's side (core/sync calls these; each is one atomic batch on the strand) ──

  [[nodiscard]] SyncPosition Position() const;

  /// The next entries to push: in n order, without outcome, whole transactions, within both bounds
  /// (but at least one transaction). Empty when there is nothing to push.
  Result<std::vector<PushEntry>> NextPush(std::size_t max_entries, std::size_t max_bytes) const;

  /// Notes the hub's answer entry by entry: outcomes, rejections parked, one-item pages contained.
  Result<PushEffects> NoteResults(const PushResponse& response);

  /// Applies a page of the feed: items, cursor, check and acknowledgements together. Items at or
  /// below the cursor are skipped; a hole applies nothing.
  Result<PageEffects> ApplyPage(const ChangesPage& page);

  /// Replaces one context by the hub's copy joined with its own pending entries (the rebuild
  /// primitive). Errors: kConflict when the page is older than what is already contained: ask
  /// again.
  Status InstallContext(const SnapshotPage& page);

  /// As above, also where the hub does not know `context`: then `page` holds none, and only own
  /// entries remain.
  Status InstallContext(const ContextRef& context, const SnapshotPage& page);

  /// Adopts the hub's epoch: verdict first or epoch_changed. `snapshot` holds all pages. Joins;
  /// renumbers pending entries from hello.last_n + 1; journals as repair what the hub lacks, in the
  /// same batch.
  Status AdoptEpoch(const HelloResponse& hello, const std::vector<SnapshotPage>& snapshot);

  /// Replaces all contexts by the snapshot joined with pending entries: verdict cursor_gone, or far
  /// behind.
  Status InstallSnapshot(const std::vector<SnapshotPage>& snapshot);

  /// The contexts whose hub copies `Restamp` from entry `from` on needs.
  Result<std::vector<ContextRef>> ContextsToRestamp(EntryNumber from) const;

  /// Gives all entries from `order.from` on, and parked ones ahead of the hub, fresh stamps, takes
  /// their contexts from the hub's copies, and sets the clock back: one batch.
  /// Errors: kConflict when a copy is missing or stale, since writers went on: ask again.
  Status Restamp(const RestampOrder& order);

  /// Entry `n` does not get through: only its number is pushed from now on, as a skip. It is parked
  /// with `code` when the hub has taken that, unless it turns out that it has the entry.
  Status GiveUp(EntryNumber n, std::string_view code);

  /// Puts parked suspects back into the journal: all, or those parked at least 10 minutes ago.
  /// Returns how many entries that were.
  Result<std::size_t> OfferSuspects(bool all);

  /// Takes a new device id and renumbers pending entries from 1 (docs/sync_protocol.md#forks).
  Status TakeNewDevice();

  /// This is an older copy of a notebook that went on: takes a new device id, and the summary's
  /// recovery says `message` from now on.
  Status BecomeCopy(const std::string& message);

  /// What the hub said last, to be told before what came with it is stored: the age that is kept
  /// across restarts counts from there. Kept at once where that age is off by 15 s; any thread but
  /// a commit's.
  void HubSpoke(const HubWord& word);

  /// Remembers what the hub said about itself: head, gc_floor; and the clock offset in
  /// milliseconds.
  Status NoteHub(HubSequence head, HubSequence gc_floor, std::int64_t clock_offset_ms);

  /// The address of the hub this notebook belongs to; empty before the first one accepted it.
  [[nodiscard]] std::string HubOrigin() const;
  Status PinHubOrigin(const std::string& origin);

  /// Makes everything committed durable, pulled pages and acknowledgements included. Called once a
  /// second when idle.
  Status Flush();

 private:
  class Core;
  explicit Notebook(std::unique_ptr<Core> core);

  /// Takes all changed contexts into the search index, or gives up after as many turns on the
  /// strand. True: it holds all.
  Result<bool> UpdateIndex(std::size_t most_turns) const;

  /// Searches while the store takes no writes: the changed contexts are taken in and dropped again.
  Checked<SearchPage> SearchUnwritten(const SearchQuery& query, const TextQuery& text) const;

  std::unique_ptr<Core> core_;
};

}  // namespace contextsync

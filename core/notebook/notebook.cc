#include "core/notebook/notebook.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "core/base/failpoint.h"
#include "core/base/mutex.h"
#include "core/notebook/adoption.h"
#include "core/notebook/audit.h"
#include "core/notebook/changes_index.h"
#include "core/notebook/conflict_table.h"
#include "core/notebook/containment.h"
#include "core/notebook/feed_page.h"
#include "core/notebook/fingerprint.h"
#include "core/notebook/fork.h"
#include "core/notebook/history.h"
#include "core/notebook/install.h"
#include "core/notebook/journal.h"
#include "core/notebook/listing.h"
#include "core/notebook/opening.h"
#include "core/notebook/parking.h"
#include "core/notebook/push_results.h"
#include "core/notebook/refusals.h"
#include "core/notebook/restamp.h"
#include "core/notebook/revert.h"
#include "core/notebook/search.h"
#include "core/notebook/search_index.h"
#include "core/notebook/shown_versions.h"
#include "core/notebook/strand.h"
#include "core/notebook/tables.h"
#include "core/notebook/withdrawal.h"
#include "core/notebook/write_path.h"
#include "core/ports/protocol_mutant.h"

namespace contextsync {

namespace {

// A smaller step of the measured offset is noise, not worth a batch.
constexpr std::int64_t kOffsetStepMillis = 50;

// Contexts that one turn on the strand takes into the index while a search waits for all of them.
constexpr std::size_t kIndexedBeforeSearch = 256;

Refusal QueryRefusal(const Error& error) {
  return {RefusalCode::kInvalidArgument,
          error.message(),
          R"(For example "refresh tok*".)",
          {{"parameter", "query"}}};
}

constexpr std::string_view kForkedMessage =
    "The hub knew the device id of this notebook from another copy of it, or from another token. "
    "It took a new one; nothing was lost.";

}  // namespace

/// The parts of an open notebook, and how work gets onto its strand.
class Notebook::Core {
 public:
  struct Ports {
    TableStore& store;
    HighWaterMark& mark;
    Clock& clock;
    Random& random;
  };

  Core(const Ports& ports, bool is_synced, Meta meta)
      : store(ports.store),
        clock(ports.clock),
        random(ports.random),
        has_hub(is_synced),
        strand(ports.store, ports.mark, std::move(meta)) {}

  [[nodiscard]] std::shared_ptr<const Meta> meta() const { return strand.committed().visible; }

  /// What a change made of its changeset, or why it must be dropped.
  using Change = std::function<Result<WorkEnd>(Changeset&)>;

  /// Runs `change` in its turn and commits what it kept.
  Status Run(const Change& change) {
    return Finish([this](const Work& work) { return strand.Run(work); }, change);
  }

  /// As Run, alone in its batch.
  Status RunAlone(const Change& change) {
    return Finish([this](const Work& work) { return strand.RunAlone(work); }, change);
  }

  /// As Run, for what nobody at the hub had a part in.
  Status RunLocal(const Change& change) {
    Result<WorkEnd> end = WorkEnd::kDiscard;
    CONTEXTSYNC_RETURN_IF_ERROR(strand.Run([&](Changeset& changes) {
      end = change(changes);
      return end.ok() ? end.value() : WorkEnd::kDiscard;
    }));
    if (!end.ok()) return std::move(end).error();
    return {};
  }

  void Hear(const HubWord& word) {
    MutexLock lock(word_mu_);
    if (word.at >= word_.at) word_ = word;
  }

  void Notify(bool is_local) const {
    for (const auto& hook : on_commit)
      hook({is_local});
  }

  // Constant after opening.
  TableStore& store;
  Clock& clock;
  Random& random;
  const bool has_hub;
  std::vector<std::function<void(const CommitNote&)>> on_commit;

  Strand strand;
  PolicySource policy;  // belongs to the strand

  /// Grows with whatever may leave something to take into the search index.
  [[nodiscard]] std::uint64_t IndexVersion() const { return strand.document_commits() + rebuilds; }
  std::atomic<std::uint64_t> rebuilds = 0;
  std::atomic<std::uint64_t> indexed = ~std::uint64_t{0};  // the version that was all taken in

 private:
  Status Finish(const std::function<Status(const Work&)>& run, const Change& change) {
    Result<WorkEnd> end = WorkEnd::kDiscard;
    CONTEXTSYNC_RETURN_IF_ERROR(run([&](Changeset& changes) {
      end = change(changes);
      NoteLastSync(changes.meta());
      return end.ok() ? end.value() : WorkEnd::kDiscard;
    }));
    if (!end.ok()) return std::move(end).error();
    if (end.value() != WorkEnd::kDiscard) Notify(false);
    return {};
  }

  /// Only what reaches as far as the hub's feed did is a sync: the light may not be green after a
  /// restart in the middle of catching up, nor younger than the hub's word.
  void NoteLastSync(Meta& meta) {
    MutexLock lock(word_mu_);
    if (!word_.IsMetBy(meta.epoch, meta.cursor)) return;
    const std::chrono::milliseconds age = clock.BootTime() - word_.at;
    meta.last_sync_at = clock.WallMillis() - age.count();
  }

  Mutex word_mu_;
  HubWord word_ GUARDED_BY(word_mu_);
};

Notebook::Notebook(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Notebook::~Notebook() = default;

const std::vector<std::string>& Notebook::TableNames() {
  static const std::vector<std::string> kNames = {"meta", "doc", "jrnl", "park",  "ops", "hist",
                                                  "conf", "chg", "upd",  "child", "find"};
  return kNames;
}

Result<std::unique_ptr<Notebook>> Notebook::Open(TableStore& store, HighWaterMark& mark,
                                                 Clock& clock, Random& random,
                                                 NotebookOptions options) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(Meta meta, OpenMeta(store, mark, clock, random, options.workspace));
  auto core = std::make_unique<Core>(Core::Ports{store, mark, clock, random}, options.has_hub,
                                     std::move(meta));
  return std::unique_ptr<Notebook>(new Notebook(std::move(core)));
}

void Notebook::OnCommit(std::function<void(const CommitNote&)> hook) {
  core_->on_commit.push_back(std::move(hook));
}

Checked<WriteReceipt> Notebook::Write(const WriteRequest& request) {
  Checked<WriteReceipt> answer = WriteReceipt{};
  const SecretScreen secrets(request);  // here, not on the strand: it takes its time
  const Status stored = core_->strand.Run([&](Changeset& changes) {
    const WriteServices services{core_->clock, core_->random, core_->policy, core_->has_hub};
    answer = WritePath(changes, request, secrets, services).Run();
    if (!answer.ok() || answer.value().repeated) return WorkEnd::kDiscard;
    PassFailpoint(Failpoint::kWriteCompiled);
    // A write that changed nothing leaves only its receipt, which the relays need across a crash of
    // this process.
    const bool is_harmless =
        answer.value().last_n.value == 0 || MutantActive(ProtocolMutant::kAnsweredBeforeFsync);
    return is_harmless ? WorkEnd::kKeepBuffered : WorkEnd::kKeepSynced;
  });
  if (!stored.ok()) return RefusalFor(stored.error());
  PassFailpoint(Failpoint::kWriteDurable);
  if (answer.ok() && answer.value().last_n.value != 0 && !answer.value().repeated)
    core_->Notify(true);
  return answer;
}

Checked<Lookup> Notebook::Read(const ContextRef& context) const {
  CONTEXTSYNC_ASSIGN_OR_REFUSE(const DocumentPtr document, core_->strand.documents().Find(context));
  Lookup lookup;
  if (document == nullptr) return lookup;
  if (document->shown->exists) {
    lookup.found =
        ContextContent{InfoOf(context, document->header, core_->has_hub), ShownData(*document)};
  } else if (document->header.Version() > 0) {
    lookup.deleted = Deletion{document->header.updated_at, document->header.updated_by};
  }
  return lookup;
}

Checked<ContextVersion> Notebook::VersionOf(const ContextRef& context) const {
  CONTEXTSYNC_ASSIGN_OR_REFUSE(const DocumentPtr document, core_->strand.documents().Find(context));
  if (document == nullptr) return ContextVersion{};
  const ContextInfo info = InfoOf(context, document->header, core_->has_hub);
  return ContextVersion{info.version, info.pending};
}

Checked<ListPage> Notebook::List(const ListQuery& query) const {
  const auto meta = core_->meta();
  const ListSource source{core_->strand.tables(), core_->strand.documents(), meta->generation,
                          core_->has_hub, meta->parked > 0};
  auto page = ReadList(source, query);
  if (!page.ok()) return RefusalFor(page.error(), "cursor");
  return std::move(page).value();
}

Checked<HistoryPage> Notebook::History(const HistoryQuery& query) const {
  CONTEXTSYNC_ASSIGN_OR_REFUSE(const DocumentPtr document,
                               core_->strand.documents().Find(query.context));
  if (document == nullptr) {
    return Refusal{RefusalCode::kNotFound,
                   "There never was such a context.",
                   "",
                   {{"level", ToString(query.context.level)}, {"context_id", query.context.id}}};
  }
  auto page = history::Read(core_->strand.tables(), *core_->meta(), document->header, query);
  if (!page.ok()) return RefusalFor(page.error(), "cursor");
  for (auto& version : page.value().versions)
    version.pending = version.pending && core_->has_hub;
  return std::move(page).value();
}

Checked<VersionSpan> Notebook::Span(const SpanQuery& query) const {
  Checked<VersionSpan> span = VersionSpan{};
  const Status read = core_->strand.Run([&](Changeset& changes) {
    span = ReadSpan(changes, query);
    return WorkEnd::kDiscard;
  });
  if (!read.ok()) return RefusalFor(read.error());
  return span;
}

Checked<ChangesAnswer> Notebook::Changes(const ChangesQuery& query) const {
  CONTEXTSYNC_ASSIGN_OR_REFUSE(auto answer,
                               changes_index::Read(core_->strand.tables(), *core_->meta(), query));
  return answer;
}

ChangePosition Notebook::Latest() const {
  const auto meta = core_->meta();
  return {meta->cursor, meta->last_local};
}

std::optional<Refusal> Notebook::Withdraw(const std::string& op_id) {
  std::optional<Refusal> refusal;
  // Work on the strand waits for others; a look costs nothing.
  if (core_->meta()->parked == 0) return refusal;
  Status done;
  const Status stored = core_->strand.Run([&](Changeset& changes) {
    auto withdrawn = contextsync::Withdraw(changes, op_id);
    if (!withdrawn.ok()) {
      done = std::move(withdrawn).error();
      return WorkEnd::kDiscard;
    }
    refusal = std::move(withdrawn).value();
    return refusal ? WorkEnd::kKeepSynced : WorkEnd::kDiscard;
  });
  if (!stored.ok()) done = stored.error();
  if (!done.ok()) {
    refusal = RefusalFor(done.error());
    refusal->details["op_id"] = op_id;  // whether it still waits is unknown: ask again
  } else if (refusal) {
    core_->Notify(false);
  }
  return refusal;
}

Checked<ConflictPage> Notebook::Conflicts(const ConflictQuery& query) const {
  auto page = conflict_table::Read(core_->strand.tables(), core_->meta()->generation, query);
  if (!page.ok()) return RefusalFor(page.error(), "cursor");
  return std::move(page).value();
}

Checked<std::vector<ConflictRecord>> Notebook::ConflictsOf(const ContextRef& context) const {
  CONTEXTSYNC_ASSIGN_OR_REFUSE(auto records,
                               conflict_table::Of(core_->strand.tables(), *core_->meta(), context));
  return records;
}

Checked<std::optional<ConflictRecord>> Notebook::FindConflict(const std::string& id) const {
  CONTEXTSYNC_ASSIGN_OR_REFUSE(
      auto record, conflict_table::Find(core_->strand.tables(), core_->meta()->generation, id));
  return record;
}

Checked<std::vector<PathVersions>> Notebook::Versions(const ContextRef& context) const {
  CONTEXTSYNC_ASSIGN_OR_REFUSE(const auto records,
                               conflict_table::Of(core_->strand.tables(), *core_->meta(), context));
  return ShownVersions(records);
}

NotebookSummary Notebook::Summary() const {
  const auto meta = core_->meta();
  NotebookSummary summary;
  summary.contexts = meta->contexts;
  summary.bytes = meta->bytes;
  summary.parked = meta->parked;
  summary.conflicts_open = meta->conflicts_open;
  summary.conflicts_total = meta->conflicts_total;
  summary.own_confirmed = meta->own_confirmed;
  summary.recovery = meta->recovery;
  summary.device = meta->device;
  if (!core_->has_hub) return summary;
  summary.pending = meta->next_n.value - meta->acked_n.Next().value;
  journal::ForEach(core_->strand.tables(), meta->acked_n.Next(), meta->next_n,
                   [&summary](const JournalEntry& entry) {
                     summary.oldest_pending = entry.created;
                     return false;
                   })
      .IgnoreBecause("a summary without an age is better than none");
  return summary;
}

Result<NotebookFingerprint> Notebook::Fingerprint() const {
  return ReadFingerprint(core_->strand.tables(), *core_->meta());
}

Result<std::vector<std::string>> Notebook::Audit() const {
  return AuditNotebook(core_->strand.tables(), *core_->meta());
}

std::string Notebook::HubOrigin() const {
  return core_->meta()->hub_origin;
}

Status Notebook::PinHubOrigin(const std::string& origin) {
  if (core_->meta()->hub_origin == origin) return {};
  CONTEXTSYNC_RETURN_IF_ERROR(core_->strand.Run([&](Changeset& changes) {
    changes.meta().hub_origin = origin;
    return WorkEnd::kKeepSynced;
  }));
  PassFailpoint(Failpoint::kHubPinned);
  return {};
}

SyncPosition Notebook::Position() const {
  const auto committed = core_->strand.committed();
  const Meta& meta = *committed.visible;
  const Meta& durable = *committed.durable;
  SyncPosition position;
  position.device = meta.device;
  position.former = meta.former;
  position.next_n = meta.next_n;
  position.cursor = meta.cursor;
  position.check = meta.check;
  position.durable_cursor = std::min(durable.cursor, meta.cursor);
  position.claim = {meta.epoch, meta.known, meta.known_check};
  position.head = meta.head;
  position.unsent = meta.next_n.value - meta.acked_n.Next().value;
  position.hlc = meta.hlc;
  if (meta.last_sync_at != 0) position.last_sync_at = meta.last_sync_at;
  position.low_base = position.durable_cursor;
  // What a hub never gave its word on was never acknowledged, though it may have been folded here.
  if (!meta.epoch.empty()) position.acked_n = std::min(durable.acked_n, meta.acked_n);
  if (MutantActive(ProtocolMutant::kAckedAheadOfFsync)) position.acked_n = meta.acked_n;
  auto low = journal::LowBase(core_->strand.tables(), meta);
  if (low.ok()) position.low_base = std::min(position.low_base, low.value());
  // An entry that left the journal since the last fsync may be back after a power cut, with
  // whatever base it had.
  if (durable.first_n < std::min(durable.next_n, meta.first_n)) position.low_base = HubSequence();
  auto marked = MarkedRebuilds(core_->strand.tables());
  if (marked.ok()) position.rebuild = std::move(marked).value();
  // A twin is trimmed, so its context waits for a rebuild.
  if (!position.rebuild.empty()) {
    auto after_twin = FirstAfterTwin(core_->strand.tables(), meta);
    if (after_twin.ok()) position.restamp_from = after_twin.value();
  }
  return position;
}

Result<std::vector<PushEntry>> Notebook::NextPush(std::size_t max_entries,
                                                  std::size_t max_bytes) const {
  const auto meta = core_->meta();
  return journal::NextPush(core_->strand.tables(), *meta, {max_entries, max_bytes});
}

Result<PushEffects> Notebook::NoteResults(const PushResponse& response) {
  PushEffects effects;
  const UnixMillis now = core_->clock.WallMillis();
  CONTEXTSYNC_RETURN_IF_ERROR(core_->Run([&](Changeset& changes) -> Result<WorkEnd> {
    CONTEXTSYNC_ASSIGN_OR_RETURN(effects, contextsync::NoteResults(changes, response, now));
    PassFailpoint(Failpoint::kResultsStaged);
    return WorkEnd::kKeepBuffered;
  }));
  PassFailpoint(Failpoint::kResultsNoted);
  return effects;
}

Result<PageEffects> Notebook::ApplyPage(const ChangesPage& page) {
  PageEffects effects;
  CONTEXTSYNC_RETURN_IF_ERROR(core_->Run([&](Changeset& changes) -> Result<WorkEnd> {
    CONTEXTSYNC_ASSIGN_OR_RETURN(effects, contextsync::ApplyPage(changes, page));
    PassFailpoint(Failpoint::kPageStaged);
    return effects.applied == 0 ? WorkEnd::kDiscard : WorkEnd::kKeepBuffered;
  }));
  PassFailpoint(Failpoint::kPageApplied);
  return effects;
}

Status Notebook::InstallContext(const SnapshotPage& page) {
  if (page.contexts.size() != 1)
    return Error(ErrorCode::kInvalidArgument, "a rebuild needs exactly one context");
  return InstallContext(page.contexts.front().context, page);
}

Status Notebook::InstallContext(const ContextRef& context, const SnapshotPage& page) {
  const Status done = core_->Run([&](Changeset& changes) -> Result<WorkEnd> {
    CONTEXTSYNC_RETURN_IF_ERROR(contextsync::InstallContext(changes, context, page));
    PassFailpoint(Failpoint::kRebuildStaged);
    return WorkEnd::kKeepBuffered;
  });
  if (done.ok()) PassFailpoint(Failpoint::kRebuildInstalled);
  return done;
}

Status Notebook::AdoptEpoch(const HelloResponse& hello, const std::vector<SnapshotPage>& snapshot) {
  const Status done = core_->Run([&](Changeset& changes) -> Result<WorkEnd> {
    CONTEXTSYNC_RETURN_IF_ERROR(
        contextsync::AdoptEpoch(changes, hello, snapshot, {core_->clock, core_->random}));
    PassFailpoint(Failpoint::kAdoptionStaged);
    return WorkEnd::kKeepSynced;
  });
  if (done.ok()) PassFailpoint(Failpoint::kAdoptionDone);
  return done;
}

Status Notebook::InstallSnapshot(const std::vector<SnapshotPage>& snapshot) {
  const Status done = core_->RunAlone([&](Changeset& changes) -> Result<WorkEnd> {
    CONTEXTSYNC_RETURN_IF_ERROR(
        contextsync::InstallSnapshot(changes, core_->store, core_->clock, snapshot));
    PassFailpoint(Failpoint::kSnapshotStaged);
    return WorkEnd::kKeepSynced;
  });
  if (done.ok()) PassFailpoint(Failpoint::kSnapshotInstalled);
  return done;
}

Result<std::vector<ContextRef>> Notebook::ContextsToRestamp(EntryNumber from) const {
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      const auto contexts,
      contextsync::ContextsToRestamp(core_->strand.tables(), *core_->meta(), from));
  return std::vector<ContextRef>(contexts.begin(), contexts.end());
}

Status Notebook::Restamp(const RestampOrder& order) {
  return core_->RunAlone([&](Changeset& changes) -> Result<WorkEnd> {
    CONTEXTSYNC_RETURN_IF_ERROR(contextsync::Restamp(changes, order, core_->clock));
    return WorkEnd::kKeepSynced;
  });
}

Status Notebook::GiveUp(EntryNumber n, std::string_view code) {
  return core_->RunLocal([&](Changeset& changes) -> Result<WorkEnd> {
    CONTEXTSYNC_ASSIGN_OR_RETURN(auto entry, journal::Find(changes.tables(), n));
    if (!entry || entry->outcome) return WorkEnd::kDiscard;
    entry->given_up = code;
    journal::Update(changes, *entry);
    return WorkEnd::kKeepSynced;
  });
}

Result<std::size_t> Notebook::OfferSuspects(bool all) {
  std::size_t offered = 0;
  if (core_->meta()->parked == 0) return offered;
  CONTEXTSYNC_RETURN_IF_ERROR(core_->RunLocal([&](Changeset& changes) -> Result<WorkEnd> {
    CONTEXTSYNC_ASSIGN_OR_RETURN(offered, parking::RetrySuspects(changes, all, core_->clock));
    return offered == 0 ? WorkEnd::kDiscard : WorkEnd::kKeepSynced;
  }));
  return offered;
}

Result<std::vector<ParkedWrite>> Notebook::Parked() const {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto all, parking::All(core_->strand.tables()));
  std::vector<ParkedWrite> writes;
  for (const auto& [entry, code, message, at] : all)
    writes.push_back({entry.push.n, entry.push.id, entry.push.context, code, message, at});
  return writes;
}

Result<Json> Notebook::ExportParked(EntryNumber n) const {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto parked, parking::Find(core_->strand.tables(), n));
  return parking::Export(parked);
}

Status Notebook::RetryParked(EntryNumber n) {
  const Status done = core_->RunLocal([&](Changeset& changes) -> Result<WorkEnd> {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto parked, parking::Find(changes.tables(), n));
    CONTEXTSYNC_RETURN_IF_ERROR(parking::Retry(changes, parked, core_->clock));
    return WorkEnd::kKeepSynced;
  });
  if (done.ok()) core_->Notify(true);
  return done;
}

Status Notebook::DiscardParked(EntryNumber n) {
  const Status done = core_->RunLocal([&](Changeset& changes) -> Result<WorkEnd> {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto parked, parking::Find(changes.tables(), n));
    CONTEXTSYNC_RETURN_IF_ERROR(parking::Discard(changes, parked));
    return WorkEnd::kKeepSynced;
  });
  if (done.ok()) core_->Notify(false);
  return done;
}

Status Notebook::TakeNewDevice() {
  const Status done = core_->Run([&](Changeset& changes) -> Result<WorkEnd> {
    auto& recovery = changes.meta().recovery;
    const bool tells_a_loss = recovery && recovery->lost_to != EntryNumber();
    if (!tells_a_loss)
      recovery = Recovery{core_->clock.WallMillis(), {}, {}, std::string(kForkedMessage)};
    CONTEXTSYNC_RETURN_IF_ERROR(contextsync::TakeNewDevice(changes, core_->random));
    PassFailpoint(Failpoint::kDeviceStaged);
    return WorkEnd::kKeepSynced;
  });
  if (done.ok()) PassFailpoint(Failpoint::kDeviceTaken);
  return done;
}

Status Notebook::BecomeCopy(const std::string& message) {
  Status renumbered;
  CONTEXTSYNC_RETURN_IF_ERROR(core_->strand.RunAlone([&](Changeset& changes) {
    changes.meta().recovery = Recovery{core_->clock.WallMillis(), {}, {}, message};
    renumbered = contextsync::TakeNewDevice(changes, core_->random);
    return renumbered.ok() ? WorkEnd::kKeepSynced : WorkEnd::kDiscard;
  }));
  return renumbered;
}

Status Notebook::NoteHub(HubSequence head, HubSequence gc_floor, std::int64_t clock_offset_ms) {
  const auto meta = core_->meta();
  const std::int64_t step = clock_offset_ms - meta->offset_ms;
  const bool is_same_offset = step > -kOffsetStepMillis && step < kOffsetStepMillis;
  if (is_same_offset && head <= meta->head && gc_floor == meta->gc_floor) return {};
  const Status stored = core_->strand.Run([&](Changeset& changes) {
    changes.meta().head = std::max(changes.meta().head, head);
    changes.meta().gc_floor = gc_floor;
    if (!is_same_offset) changes.meta().offset_ms = clock_offset_ms;
    return WorkEnd::kKeepBuffered;
  });
  return stored;
}

void Notebook::HubSpoke(const HubWord& word) {
  core_->Hear(word);
}

Checked<SearchPage> Notebook::Search(const SearchQuery& query) const {
  auto text = ParseTextQuery(query.text);
  if (!text.ok()) return QueryRefusal(text.error());
  for (bool is_complete = false; !is_complete;) {
    const auto indexed = IndexSome(kIndexedBeforeSearch);
    if (!indexed.ok()) return SearchUnwritten(query, text.value());
    is_complete = indexed.value();
  }
  const SearchSource committed{core_->strand.tables(), core_->strand.documents(),
                               core_->meta()->generation, core_->has_hub};
  return ReadSearch(committed, query, text.value());
}

Checked<SearchPage> Notebook::SearchUnwritten(const SearchQuery& query,
                                              const TextQuery& text) const {
  Checked<SearchPage> page = SearchPage{};
  const auto search = [&](Changeset& changes) -> Status {
    for (bool is_complete = false; !is_complete;) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(const auto progress,
                                   TakeIntoIndex(changes, kIndexedBeforeSearch));
      is_complete = progress.complete;
    }
    page = ReadSearch({changes.tables(), changes, changes.meta().generation, core_->has_hub}, query,
                      text);
    return {};
  };
  Status read;
  CONTEXTSYNC_REFUSE_IF_ERROR(core_->strand.Run([&](Changeset& changes) {
    read = search(changes);
    return WorkEnd::kDiscard;
  }));
  CONTEXTSYNC_REFUSE_IF_ERROR(std::move(read));
  return page;
}

Result<bool> Notebook::IndexSome(std::size_t most) const {
  if (core_->indexed == core_->IndexVersion()) return true;
  Result<IndexProgress> progress = IndexProgress{};
  std::uint64_t version = 0;
  CONTEXTSYNC_RETURN_IF_ERROR(core_->strand.Run([&](Changeset& changes) {
    version = core_->IndexVersion();
    progress = TakeIntoIndex(changes, most);
    const bool is_changed = progress.ok() && progress.value().taken > 0;
    return is_changed ? WorkEnd::kKeepBuffered : WorkEnd::kDiscard;
  }));
  if (!progress.ok()) return std::move(progress).error();
  if (progress.value().complete) core_->indexed = version;
  return progress.value().complete;
}

Status Notebook::RebuildIndex() {
  Status done;
  CONTEXTSYNC_RETURN_IF_ERROR(core_->strand.RunAlone([&](Changeset& changes) {
    ++core_->rebuilds;
    done = BeginIndexAnew(changes);
    return done.ok() ? WorkEnd::kKeepBuffered : WorkEnd::kDiscard;
  }));
  return done;
}

Status Notebook::Flush() {
  return core_->strand.Flush();
}

}  // namespace contextsync

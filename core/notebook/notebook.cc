#include "core/notebook/notebook.h"

#include <algorithm>
#include <utility>

#include "core/base/failpoint.h"
#include "core/notebook/audit.h"
#include "core/notebook/changes_index.h"
#include "core/notebook/conflict_table.h"
#include "core/notebook/fingerprint.h"
#include "core/notebook/history.h"
#include "core/notebook/journal.h"
#include "core/notebook/keys.h"
#include "core/notebook/listing.h"
#include "core/notebook/notebook_core.h"
#include "core/notebook/opening.h"
#include "core/notebook/parking.h"
#include "core/notebook/refusals.h"
#include "core/notebook/revert.h"
#include "core/notebook/shown_versions.h"
#include "core/notebook/strand.h"
#include "core/notebook/tables.h"
#include "core/notebook/withdrawal.h"
#include "core/notebook/write_path.h"
#include "core/ports/protocol_mutant.h"

namespace contextsync {

namespace {

// A list takes about a thousand changed contexts into the search index; with more to do it goes on
// without it.
constexpr std::size_t kTurnsBeforeList = 4;

}  // namespace

Notebook::Notebook(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Notebook::~Notebook() = default;

const std::vector<std::string>& Notebook::TableNames() {
  static const std::vector<std::string> kNames = {"meta", "doc", "jrnl", "park",  "ops", "hist",
                                                  "conf", "chg", "upd",  "child", "find"};
  return kNames;
}

Result<std::unique_ptr<Notebook>> Notebook::Open(TableStore& store, HighWaterMark& mark,
                                                 Clock& clock, Random& random,
                                                 const NotebookOptions& options) {
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

Checked<WriteReceipt> Notebook::Rehearse(const WriteRequest& request) const {
  Checked<WriteReceipt> answer = WriteReceipt{};
  const SecretScreen secrets(request);
  CONTEXTSYNC_REFUSE_IF_ERROR(core_->strand.Run([&](Changeset& changes) {
    const WriteServices services{core_->clock, core_->random, core_->policy, core_->has_hub};
    answer = WritePath(changes, request, secrets, services).Run();
    return WorkEnd::kDiscard;
  }));
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

Result<std::vector<ContextRef>> Notebook::Contexts() const {
  std::vector<ContextRef> contexts;
  const auto generation = core_->meta()->generation;
  for (const Level level : kAllLevels) {
    const auto collect = [&](std::string_view key, std::string_view) {
      contexts.push_back({level, std::string(keys::UpdatedId(key))});
      return true;
    };
    CONTEXTSYNC_RETURN_IF_ERROR(core_->strand.tables().Scan(
        tables::kUpdated, PrefixRange(keys::UpdatedOf(generation, level)), collect));
  }
  std::sort(contexts.begin(), contexts.end());
  return contexts;
}

Checked<ContextVersion> Notebook::VersionOf(const ContextRef& context) const {
  CONTEXTSYNC_ASSIGN_OR_REFUSE(const DocumentPtr document, core_->strand.documents().Find(context));
  if (document == nullptr) return ContextVersion{};
  const ContextInfo info = InfoOf(context, document->header, core_->has_hub);
  return ContextVersion{info.version, info.pending};
}

Checked<ListPage> Notebook::List(const ListQuery& query) const {
  const auto meta = core_->meta();
  const ListSource source{core_->strand.tables(),
                          core_->strand.documents(),
                          meta->generation,
                          core_->has_hub,
                          meta->parked > 0,
                          [this] {
                            const auto indexed = UpdateIndex(kTurnsBeforeList);
                            return indexed.ok() && indexed.value();
                          }};
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
  for (ChangeNote& note : answer.changes)
    note.pending = core_->has_hub && !note.seq;
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

Result<std::vector<ParkedWrite>> Notebook::Parked() const {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto all, parking::All(core_->strand.tables()));
  std::vector<ParkedWrite> writes;
  writes.reserve(all.size());
  for (const auto& [entry, code, message, at] : all)
    writes.push_back({entry.push.n, entry.push.id, entry.push.context, code, message, at});
  return writes;
}

Result<Json> Notebook::ExportParked(EntryNumber n) const {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto parked, parking::Find(core_->strand.tables(), n));
  return parking::Export(parked);
}

Status Notebook::RetryParked(EntryNumber n) {
  Status done = core_->RunLocal([&](Changeset& changes) -> Result<WorkEnd> {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto parked, parking::Find(changes.tables(), n));
    CONTEXTSYNC_RETURN_IF_ERROR(parking::Retry(changes, parked, core_->clock));
    return WorkEnd::kKeepSynced;
  });
  if (done.ok()) core_->Notify(true);
  return done;
}

Status Notebook::DiscardParked(EntryNumber n) {
  Status done = core_->RunLocal([&](Changeset& changes) -> Result<WorkEnd> {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto parked, parking::Find(changes.tables(), n));
    CONTEXTSYNC_RETURN_IF_ERROR(parking::Discard(changes, parked));
    return WorkEnd::kKeepSynced;
  });
  if (done.ok()) core_->Notify(false);
  return done;
}

Status Notebook::Flush() {
  return core_->strand.Flush();
}

}  // namespace contextsync

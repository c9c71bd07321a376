#include "core/notebook/write_path.h"

#include <algorithm>
#include <utility>

#include "core/document/codec.h"
#include "core/document/compile.h"
#include "core/notebook/changes_index.h"
#include "core/notebook/children.h"
#include "core/notebook/chosen_update.h"
#include "core/notebook/conflict_table.h"
#include "core/notebook/delegation.h"
#include "core/notebook/history.h"
#include "core/notebook/history_keep.h"
#include "core/notebook/hybrid_clock.h"
#include "core/notebook/journal.h"
#include "core/notebook/receipts.h"
#include "core/notebook/refusals.h"
#include "core/notebook/revert.h"
#include "core/notebook/wire_size.h"
#include "core/ports/hub_wire.h"
#include "core/ports/protocol_mutant.h"

namespace contextsync {

namespace {

// Without a hub the journal would grow for ever: beyond this many entries the oldest are dropped,
// and the first hello repairs from the state instead.
constexpr std::uint64_t kJournalWithoutHub = 1'000;

constexpr std::size_t kSampledChildren = 5;

Refusal Refuse(RefusalCode code, std::string message, Json details = Json::object()) {
  return {code, std::move(message), "", std::move(details)};
}

ContextWrite DeletionOf(const ContextRef& ref, const ContextWrite& cause) {
  ContextWrite write;
  write.context = ref;
  write.update.erase_context = true;
  write.update.on_conflict = cause.update.on_conflict;
  write.source = cause.source;
  write.reason = cause.reason;
  return write;
}

ContextWrite CreationOf(const ContextRef& ref, std::optional<ContextRef> parent,
                        const ContextWrite& cause) {
  ContextWrite write;
  write.context = ref;
  write.update.data = Json::object();
  write.update.parent = std::move(parent);
  write.source = cause.source;
  write.reason = cause.reason;
  return write;
}

}  // namespace

WritePath::WritePath(Changeset& changes, const WriteRequest& request, const SecretScreen& secrets,
                     const WriteServices& services)
    : changes_(changes),
      request_(request),
      secrets_(secrets),
      services_(services),
      now_(HubMillis(changes.meta(), services.clock)) {}

Checked<WriteReceipt> WritePath::Run() {
  if (auto refused = Replay()) return std::move(*refused);
  if (receipt_.repeated) return std::move(receipt_);
  if (auto refused = ApplyAll()) return std::move(*refused);
  if (auto refused = JournalAll()) return std::move(*refused);
  const auto kept = receipts::Keep(
      changes_, request_.op_id, {request_.arguments_hash, services_.clock.WallMillis(), receipt_});
  if (!kept.ok()) return RefusalFor(kept.error());
  return std::move(receipt_);
}

WritePath::Refused WritePath::Replay() {
  CONTEXTSYNC_ASSIGN_OR_REFUSE(auto known, receipts::Find(changes_.tables(), request_.op_id));
  if (!known || MutantActive(ProtocolMutant::kOperationForgotten)) return std::nullopt;
  if (known->arguments_hash != request_.arguments_hash)
    return Refuse(RefusalCode::kInvalidArgument,
                  "This op_id was used before, with other arguments.", {{"parameter", "op_id"}});
  receipt_ = std::move(known->receipt);
  receipt_.repeated = true;
  return std::nullopt;
}

WritePath::Refused WritePath::ApplyAll() {
  for (std::size_t index = 0; index < request_.writes.size(); ++index) {
    auto refused = ApplyScreened(index);
    if (!refused) continue;
    refused->details["index"] = index;
    return refused;
  }
  return std::nullopt;
}

WritePath::Refused WritePath::ApplyScreened(std::size_t index) {
  const ContextWrite& asked = request_.writes[index];
  if (secrets_.IsClean(index)) return Apply(asked);
  std::string below;  // where the value of a resolution will stand
  if (asked.resolution) {
    CONTEXTSYNC_ASSIGN_OR_REFUSE(const auto record,
                                 conflict_table::Find(changes_.tables(), changes_.meta().generation,
                                                      asked.resolution->conflict));
    if (record) below = record->path;
  }
  CONTEXTSYNC_ASSIGN_OR_REFUSE(const Policy* const policy, services_.policy.Current(changes_));
  ContextWrite write = asked;
  ContextWritten noted;
  if (auto refused = secrets_.Pass(index, *policy, below, write, noted)) return refused;
  if (auto refused = Apply(write)) return refused;
  ContextWritten& written = receipt_.writes.back();
  if (!noted.redacted.empty())
    SecretScreen::TellRedacted(asked.update.data, write.update.data, written);
  written.redacted = std::move(noted.redacted);
  written.warned = std::move(noted.warned);
  return std::nullopt;
}

WritePath::Refused WritePath::Apply(const ContextWrite& write) {
  if (write.resolution) return Resolve(write);
  if (write.revert_to) {
    Changeset seen = Changeset::Over(changes_);
    AppendStaged(seen);
    const auto update = RevertOf(seen, write);
    return update.ok() ? Apply(update.value()) : Refused(update.failure());
  }
  if (write.delegate_to) {
    const auto update = DelegationOf(changes_, write);
    return update.ok() ? Apply(update.value()) : Refused(update.failure());
  }
  CONTEXTSYNC_ASSIGN_OR_REFUSE(const Document before, changes_.FindOrEmpty(write.context));
  if (auto refused = Check(write, before)) return refused;
  if (write.update.erase_context) return Delete(write);

  ContextWritten written;
  written.context = write.context;
  const bool is_move = write.update.parent && write.update.parent != before.view->parent;
  if (!before.view->exists || is_move) {
    if (auto refused = CreateParents(write, written)) return refused;
  }
  if (auto refused = CompileOne(write, written)) return refused;
  receipt_.writes.push_back(std::move(written));
  return std::nullopt;
}

WritePath::Refused WritePath::Check(const ContextWrite& write, const Document& before) const {
  const DocumentHeader& header = before.header;
  if (write.expectation == Expectation::kAbsent && header.is_shown)
    return Refuse(RefusalCode::kAlreadyExists, "The context exists already.",
                  {{"version", header.Version()}});
  if (write.expectation == Expectation::kPresent && !header.is_shown) {
    Json details = {{"level", ToString(write.context.level)}, {"context_id", write.context.id}};
    if (header.Version() > 0) {
      details["deleted_at"] = FormatTimestamp(header.updated_at);
      details["deleted_by"] = header.updated_by;
    }
    return Refuse(RefusalCode::kNotFound, "There is no such context.", std::move(details));
  }
  return CheckVersion(write, before);
}

WritePath::Refused WritePath::CheckVersion(const ContextWrite& write,
                                           const Document& before) const {
  if (!write.expected_version) return std::nullopt;
  const std::uint64_t expected = *write.expected_version;
  const DocumentHeader& header = before.header;
  const std::uint64_t version = header.is_shown ? header.Version() : 0;
  if (version == expected) return std::nullopt;
  // A provisional number stays good until another change follows, whatever the hub made of it.
  const bool is_alias =
      header.is_shown && std::count(header.aliases.begin(), header.aliases.end(), expected) > 0;
  if (is_alias) return std::nullopt;
  Changeset seen = Changeset::Over(changes_);
  AppendStaged(seen);
  CONTEXTSYNC_ASSIGN_OR_REFUSE(const auto changed,
                               history::KeysSince(seen.tables(), write.context, expected));
  return Refuse(RefusalCode::kVersionMismatch,
                "The context has changed since the version you expect.",
                {{"version", version}, {"expected", expected}, {"changed_keys", changed}});
}

WritePath::Refused WritePath::Resolve(const ContextWrite& write) {
  const ResolutionChoice& choice = *write.resolution;
  CONTEXTSYNC_ASSIGN_OR_REFUSE(
      auto record,
      conflict_table::Find(changes_.tables(), changes_.meta().generation, choice.conflict));
  if (!record)
    return Refuse(RefusalCode::kNotFound, "There is no such conflict.",
                  {{"conflict_id", choice.conflict}});
  ContextWritten written;
  written.context = record->context;
  if (record->status == ConflictStatus::kResolved) {
    CONTEXTSYNC_ASSIGN_OR_REFUSE(const Document document, changes_.FindOrEmpty(record->context));
    written.version = document.header.Version();
    written.pending = services_.has_hub && document.header.unnumbered > 0;
  } else {
    if (auto refused = WriteChosen(write, *record, written)) return refused;
    written.changed = true;
    if (auto refused = CloseHere(write, std::move(*record))) return refused;
  }
  receipt_.writes.push_back(std::move(written));
  return std::nullopt;
}

WritePath::Refused WritePath::WriteChosen(const ContextWrite& write, const ConflictRecord& record,
                                          ContextWritten& written) {
  CONTEXTSYNC_ASSIGN_OR_REFUSE(const Document before, changes_.FindOrEmpty(record.context));
  auto update = ChosenUpdate(record, *write.resolution, before.view->data);
  if (!update.ok()) return RefusalFor(update.error(), "value");
  ContextWrite concrete = write;
  concrete.context = record.context;
  concrete.update = std::move(update).value().value_or(Update{});
  const bool revives = !before.view->exists && concrete.update.data.is_object();
  if (revives) {
    if (auto refused = CreateParents(concrete, written)) return refused;
  }
  return CompileOne(concrete, written);
}

/// Records are the hub's to close; where there is none, nobody else would.
WritePath::Refused WritePath::CloseHere(const ContextWrite& write, ConflictRecord record) {
  if (services_.has_hub) return std::nullopt;
  record.status = ConflictStatus::kResolved;
  record.resolution = ConflictResolution{write.resolution->choose, request_.agent, HubSequence()};
  CONTEXTSYNC_REFUSE_IF_ERROR(conflict_table::Put(changes_, record));
  return std::nullopt;
}

WritePath::Refused WritePath::Delete(const ContextWrite& write) {
  ContextWritten written;
  written.context = write.context;
  if (auto refused = DeleteDescendants(write, written)) return refused;
  if (auto refused = CompileOne(write, written)) return refused;
  if (written.changed) ++written.deleted_count;
  written.created = false;
  receipt_.writes.push_back(std::move(written));
  return std::nullopt;
}

WritePath::Refused WritePath::DeleteDescendants(const ContextWrite& write,
                                                ContextWritten& written) {
  CONTEXTSYNC_ASSIGN_OR_REFUSE(
      const auto children,
      ChildrenOf(changes_.tables(), changes_.meta().generation, write.context));
  if (children.empty()) return std::nullopt;
  if (!write.cascade) {
    Json sample = Json::array();
    for (std::size_t i = 0; i < std::min(children.size(), kSampledChildren); ++i)
      sample.push_back({{"level", ToString(children[i].level)}, {"context_id", children[i].id}});
    return Refuse(RefusalCode::kHasChildren, "The context has children.",
                  {{"children", children.size()}, {"sample", std::move(sample)}});
  }
  for (const auto& child : children) {
    ContextWrite deletion = DeletionOf(child, write);
    deletion.cascade = true;
    if (auto refused = DeleteDescendants(deletion, written)) return refused;
    ContextWritten deleted;
    if (auto refused = CompileOne(deletion, deleted)) return refused;
    if (deleted.changed) ++written.deleted_count;
  }
  return std::nullopt;
}

WritePath::Refused WritePath::CreateParents(const ContextWrite& write, ContextWritten& written) {
  std::optional<ContextRef> above;
  for (const auto& parent : write.parents) {
    CONTEXTSYNC_ASSIGN_OR_REFUSE(const Document before, changes_.FindOrEmpty(parent));
    if (!before.view->exists) {
      ContextWritten created;
      if (auto refused = CompileOne(CreationOf(parent, above, write), created)) return refused;
      written.parents_created.push_back(parent);
    }
    above = parent;
  }
  return std::nullopt;
}

WritePath::Refused WritePath::CompileOne(const ContextWrite& write, ContextWritten& written) {
  CONTEXTSYNC_ASSIGN_OR_REFUSE(const Document before, changes_.FindOrEmpty(write.context));
  CONTEXTSYNC_ASSIGN_OR_REFUSE(const Policy* const policy, services_.policy.Current(changes_));
  Update update = write.update;
  const bool may_create = update.data.is_object() && !before.view->exists;
  if (may_create && !update.parent && !write.parents.empty()) update.parent = write.parents.back();

  const Hlc last = changes_.meta().hlc;
  const auto hlc = Tick(changes_.meta(), services_.clock);
  if (!hlc) return Refuse(RefusalCode::kInternal, "The clock stands beyond the year 9999.");
  auto compiled = Compile(*before.state, *before.view, update, *policy,
                          {write.context.level, *hlc, changes_.meta().device});
  if (!compiled.ok()) return RefusalFor(compiled.failure());
  written.stored_keys = compiled.value().stored_keys;
  written.ignored_keys = compiled.value().ignored_keys;
  written.changed = compiled.value().changed;
  written.created = !before.view->exists && compiled.value().view.exists;
  written.version = before.header.is_shown ? before.header.Version() : 0;
  written.pending = services_.has_hub && before.header.unnumbered > 0;
  // A choice is told to the hub although it changes nothing that is shown here.
  if (!written.changed && !write.resolution) {
    changes_.meta().hlc = last;
    return std::nullopt;
  }
  written.version = before.header.Version() + 1;
  written.pending = services_.has_hub;
  return Stage(write, before, std::move(compiled).value());
}

WritePath::Refused WritePath::Stage(const ContextWrite& write, const Document& before,
                                    Compiled compiled) {
  if (write.context == PolicyContext() && compiled.view.exists) {
    if (const auto policy = Policy::FromJson(compiled.view.data); !policy.ok())
      return RefusalFor(policy.error(), "data");
  }
  Meta& meta = changes_.meta();
  Staged staged;
  JournalEntry& entry = staged.entry;
  entry.push.id = MintEntryId(meta, services_.clock, services_.random);
  entry.push.context = write.context;
  entry.push.base = std::max(meta.cursor, before.header.asof);
  CONTEXTSYNC_ASSIGN_OR_REFUSE(entry.push.over, LeastPending(write.context));
  entry.push.hlc = meta.hlc;
  entry.push.agent = request_.agent;
  entry.push.source = write.source;
  entry.push.reason = write.reason;
  entry.push.on_conflict = write.update.on_conflict;
  entry.push.fail = write.fail_on_conflict || write.expected_version.has_value();
  if (write.resolution) {
    entry.push.op = EntryOp::kResolve;
    entry.push.conflict = write.resolution->conflict;
    entry.push.choose = write.resolution->choose;
  }
  entry.op_id = request_.op_id;
  entry.session = request_.session;
  entry.change_type = write.resolution        ? "resolve"
                      : !compiled.view.exists ? "delete"
                      : before.view->exists   ? "update"
                                              : "create";
  entry.keys = std::move(compiled.changed_keys);
  entry.created = now_;
  entry.floor = meta.cursor;
  entry.version = before.header.Version() + 1;
  entry.delta_bytes = EncodeState(compiled.delta);
  entry.wire_bytes = WireSize(entry.push, compiled.delta);
  staged.delta = std::move(compiled.delta);

  Document after = before;
  SetState(after, std::move(compiled.after), std::move(compiled.view));
  ++after.header.unnumbered;
  after.header.aliases.clear();
  // The stamp behind created_at may be a tick ahead of the clock that was read for this call.
  after.header.updated_at = std::max(now_, after.view->created_at);
  after.header.updated_by = request_.agent;
  after.header.author.clear();
  CONTEXTSYNC_REFUSE_IF_ERROR(LayParkedOver(changes_.tables(), write.context, after));
  if (meta.epoch.empty())
    CONTEXTSYNC_REFUSE_IF_ERROR(history::CheckpointLocal(changes_, write.context, after));
  CONTEXTSYNC_REFUSE_IF_ERROR(changes_.Put(write.context, std::move(after)));
  staged_.push_back(std::move(staged));
  return std::nullopt;
}

Result<std::optional<EntryId>> WritePath::LeastPending(const ContextRef& ref) const {
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto least, journal::LeastIdOf(changes_, ref));
  if (least) return least;
  const auto earlier = std::find_if(staged_.begin(), staged_.end(), [&ref](const Staged& staged) {
    return staged.entry.push.context == ref;
  });
  if (earlier != staged_.end()) least = earlier->entry.push.id;
  return least;
}

/// What the writes before this one did, as history sees it: their numbers and hashes come last.
void WritePath::AppendStaged(Changeset& seen) const {
  for (const auto& staged : staged_)
    journal::Append(seen, staged.entry);
}

WritePath::Refused WritePath::JournalAll() {
  if (staged_.empty()) return std::nullopt;
  std::uint64_t bytes = 0;
  for (const auto& staged : staged_)
    bytes += staged.entry.wire_bytes;
  if (bytes > limits::kEntryBytes)
    return Refuse(RefusalCode::kTooLarge, "The change is too large to be sent as one.",
                  {{"what", "entry_bytes"}, {"limit", limits::kEntryBytes}, {"actual", bytes}});
  receipt_.first_n = changes_.meta().next_n;
  const std::string tx = staged_.front().entry.push.id.value;
  std::uint32_t index = 0;
  for (auto& [entry, delta] : staged_) {
    if (staged_.size() > 1)
      entry.push.tx = TxPart{tx, index++, static_cast<std::uint32_t>(staged_.size())};
    entry.push.delta = std::move(delta);
    entry.push.hash = EntryHash(entry.push);
    entry.push.delta = {};
    ChangeRecord change;
    change.context = entry.push.context;
    change.changed_by = request_.agent;
    change.change_type = entry.change_type;
    change.keys = entry.keys;
    change.version = entry.version;
    change.at = now_;
    change.session = request_.session;
    CONTEXTSYNC_ASSIGN_OR_REFUSE(entry.local, changes_index::AddLocal(changes_, change));
    receipt_.last_n = changes_.meta().next_n;
    journal::Append(changes_, std::move(entry));
  }
  return FoldOldest();
}

WritePath::Refused WritePath::FoldOldest() {
  Meta& meta = changes_.meta();
  // What a hub has once heard of is its business; only a notebook that never met one folds.
  if (services_.has_hub || !meta.epoch.empty()) return std::nullopt;
  while (meta.next_n.value - meta.first_n.value > kJournalWithoutHub) {
    CONTEXTSYNC_ASSIGN_OR_REFUSE(const auto oldest, journal::Find(changes_.tables(), meta.first_n));
    if (oldest) {
      history::AddFolded(changes_, *oldest, meta.device);
      journal::Remove(changes_, *oldest);
    }
    meta.first_n = meta.first_n.Next();
    meta.acked_n = EntryNumber(meta.first_n.value - 1);
    meta.is_folded = true;
  }
  return std::nullopt;
}

}  // namespace contextsync

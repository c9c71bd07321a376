#include "core/notebook/write_path.h"

#include <algorithm>
#include <utility>

#include "core/notebook/children.h"
#include "core/notebook/chosen_update.h"
#include "core/notebook/conflict_table.h"
#include "core/notebook/delegation.h"
#include "core/notebook/history.h"
#include "core/notebook/hybrid_clock.h"
#include "core/notebook/receipts.h"
#include "core/notebook/refusals.h"
#include "core/notebook/revert.h"
#include "core/ports/protocol_mutant.h"

namespace contextsync {

namespace {

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

}  // namespace contextsync

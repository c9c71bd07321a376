// Purging, as the command line asks for it.

#include "core/base/failpoint.h"
#include "core/document/pointer.h"
#include "core/notebook/install.h"
#include "core/notebook/notebook.h"
#include "core/notebook/notebook_core.h"
#include "core/notebook/purging.h"
#include "core/notebook/tables.h"
#include "core/secrets/secret_scan.h"

namespace contextsync {

namespace {

constexpr std::size_t kIndexedAtOnce = 1'000;

Status CheckRequest(const PurgeRequest& request) {
  CONTEXTSYNC_RETURN_IF_ERROR(ValidateContextRef(request.context));
  if (!ValidatePointer(request.path))
    return Error(ErrorCode::kInvalidArgument, "the path is no JSON Pointer: it begins with /");
  // Both are kept and sent on, for ever: the value that is to go must not come back in them. The
  // path and the id name places that are stored already.
  if (!FindSecretsInText("@reason", request.reason).empty())
    return Error(ErrorCode::kInvalidArgument,
                 "the reason holds what looks like a secret, and would be stored: say it without");
  if (!FindSecretsInText("@agent", request.agent).empty())
    return Error(ErrorCode::kInvalidArgument,
                 "the agent's name looks like a secret, and would be stored: give another");
  return {};
}

}  // namespace

Result<PurgePlan> Notebook::PlanPurge(const PurgeRequest& request) const {
  CONTEXTSYNC_RETURN_IF_ERROR(CheckRequest(request));
  Result<PurgePlan> plan = PurgePlan{};
  CONTEXTSYNC_RETURN_IF_ERROR(core_->strand.Run([&](Changeset& changes) {
    plan = purging::Plan(changes, request);
    return WorkEnd::kDiscard;
  }));
  return plan;
}

Status Notebook::Purge(const PurgeRequest& request) {
  CONTEXTSYNC_RETURN_IF_ERROR(CheckRequest(request));
  Status done = core_->RunLocal([&](Changeset& changes) -> Result<WorkEnd> {
    CONTEXTSYNC_RETURN_IF_ERROR(purging::Begin(changes, request, {core_->clock, core_->random}));
    PassFailpoint(Failpoint::kPurgeStaged);
    return WorkEnd::kKeepSynced;
  });
  if (!done.ok()) return done;
  PassFailpoint(Failpoint::kPurgeStored);
  core_->Notify(true);
  return {};
}

Status Notebook::Scrub() {
  const auto& tables = core_->strand.tables();
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto mark, tables.Get(tables::kMeta, keys::ScrubMark()));
  if (!mark) return {};
  // The index holds the words of what was purged until the context is taken in anew.
  for (bool is_complete = false; !is_complete;) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(is_complete, IndexSome(kIndexedAtOnce));
  }
  PassFailpoint(Failpoint::kPurgeIndexed);
  // So does what a snapshot has replaced. Alone, since a snapshot fills another generation.
  Status dropped;
  CONTEXTSYNC_RETURN_IF_ERROR(core_->strand.RunAlone([&](Changeset& changes) {
    dropped = DropOtherGenerations(core_->store, changes.meta().generation);
    return WorkEnd::kDiscard;
  }));
  CONTEXTSYNC_RETURN_IF_ERROR(std::move(dropped));
  CONTEXTSYNC_RETURN_IF_ERROR(core_->store.Scrub());
  PassFailpoint(Failpoint::kPurgeScrubbed);
  return core_->strand.Run([&mark](Changeset& changes) {
    const auto now = changes.tables().Get(tables::kMeta, keys::ScrubMark());
    // Another purge came meanwhile.
    if (!now.ok() || now.value() != mark) return WorkEnd::kDiscard;
    changes.tables().Delete(tables::kMeta, keys::ScrubMark());
    return WorkEnd::kKeepBuffered;
  });
}

}  // namespace contextsync

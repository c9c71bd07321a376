#include "server/upkeep/store_check.h"

#include <algorithm>
#include <limits>

#include "core/hub/hub_audit.h"
#include "core/hub/table_hub_store.h"
#include "core/notebook/notebook.h"
#include "server/app/system_clock.h"

namespace contextsync {

namespace {

/// Own entries are gone, and the hub was not asked for them since.
bool IsLossOpen(const Notebook& notebook, const Recovery& recovery) {
  if (recovery.lost_to < recovery.lost_from || recovery.lost_to == EntryNumber()) return false;
  const auto last_sync = notebook.Position().last_sync_at;
  return !last_sync || *last_sync < recovery.at;
}

/// Purges that are a hub's to do. Without one ever met they were done at once.
Result<std::uint64_t> PurgesWaiting(const Notebook& notebook) {
  constexpr auto kAll = std::numeric_limits<std::size_t>::max();
  if (notebook.HubOrigin().empty()) return 0;
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto waiting, notebook.NextPush(kAll, kAll));
  return static_cast<std::uint64_t>(
      std::count_if(waiting.begin(), waiting.end(),
                    [](const PushEntry& entry) { return entry.op == EntryOp::kPurge; }));
}

}  // namespace

Result<StoreCheck> CheckNotebookStore(TableStore& store, HighWaterMark& mark,
                                      const WorkspaceId& workspace) {
  SystemClock clock;
  SystemRandom random;
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      const auto notebook,
      Notebook::Open(store, mark, clock, random, {.workspace = workspace, .has_hub = true}));
  StoreCheck check;
  CONTEXTSYNC_ASSIGN_OR_RETURN(check.problems, notebook->Audit());
  const NotebookSummary summary = notebook->Summary();
  check.recovery = summary.recovery;
  if (check.recovery && IsLossOpen(*notebook, *check.recovery))
    check.problems.push_back(check.recovery->message);
  if (check.problems.empty()) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(check.purges_waiting, PurgesWaiting(*notebook));
  }
  WorkspaceFacts facts;
  facts.workspace = workspace;
  facts.bytes = summary.bytes;
  if (auto fingerprint = notebook->Fingerprint(); fingerprint.ok()) {
    facts.contexts = fingerprint.value().contexts;
    facts.cursor = fingerprint.value().cursor;
    facts.state_hash = fingerprint.value().state_hash;
  } else if (fingerprint.error().code() != ErrorCode::kCorruption) {
    return std::move(fingerprint).error();
  } else if (check.problems.empty()) {
    check.problems.push_back(fingerprint.error().message());
  }
  check.workspaces.push_back(std::move(facts));
  return check;
}

Result<StoreCheck> CheckHubStore(TableStore& store) {
  TableHubStore hub(store);
  StoreCheck check;
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto workspaces, hub.Workspaces());
  for (const WorkspaceId& workspace : workspaces) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(HubAudit audit, AuditWorkspace(hub, workspace));
    for (const std::string& problem : audit.problems)
      check.problems.push_back(workspace.value + ": " + problem);
    check.workspaces.push_back(
        {workspace, audit.contexts, audit.bytes, audit.head, std::move(audit.state_hash)});
  }
  return check;
}

}  // namespace contextsync

#include "core/tools/surroundings.h"

#include <algorithm>

#include "core/base/limits.h"
#include "core/document/json.h"

namespace contextsync {

namespace {

constexpr std::size_t kMaxNotices = 10;
constexpr std::size_t kNoticeBytes = limits::kKiB;
constexpr std::size_t kMaxConflicts = 5;

bool IsCausedBy(const ConflictRecord& record, const WriteReceipt& receipt, DeviceId device) {
  const auto is_ours = [&](const ConflictSide& side) {
    return side.device == device && side.n >= receipt.first_n && side.n <= receipt.last_n;
  };
  return receipt.first_n != EntryNumber{} && (is_ours(record.current) || is_ours(record.incoming));
}

/// Records that are open on the contexts shown, or that this call caused.
std::vector<ConflictRecord> RelevantConflicts(const Operation& operation,
                                              const NotebookSummary& summary,
                                              const Notebook& notebook) {
  std::vector<ConflictRecord> relevant;
  if (summary.conflicts_total == 0) return relevant;
  for (const auto& info : operation.Shown()) {
    const auto records = notebook.ConflictsOf(info.context);
    if (!records.ok()) continue;
    for (const auto& record : records.value()) {
      const bool caused = operation.receipt() != nullptr &&
                          IsCausedBy(record, *operation.receipt(), summary.device);
      if (record.status == ConflictStatus::kOpen || caused) relevant.push_back(record);
    }
    if (relevant.size() >= kMaxConflicts) break;
  }
  if (relevant.size() > kMaxConflicts) relevant.resize(kMaxConflicts);
  return relevant;
}

bool IsPending(const Operation& operation, const std::vector<ContextInfo>& shown,
               const SyncGate& gate) {
  const auto* receipt = operation.receipt();
  if (receipt != nullptr && receipt->last_n != EntryNumber{})
    return !gate.IsConfirmed(receipt->last_n);
  return std::any_of(shown.begin(), shown.end(),
                     [](const ContextInfo& info) { return info.pending; });
}

SyncBlock BlockFor(bool has_hub, const SyncStatus& sync, const NotebookSummary& summary) {
  SyncBlock block;
  block.pending = has_hub ? summary.pending : 0;
  block.parked = summary.parked;
  block.light = LightFor(has_hub, sync, summary.parked);
  block.age_seconds = AgeSeconds(has_hub, sync);
  block.state = has_hub ? SyncState::kSynced : SyncState::kLocal;
  return block;
}

/// At most kMaxNotices and kNoticeBytes; what does not fit comes with the next answer.
void AddNotices(Around& around, const Notebook& notebook, Session& session) {
  ChangesQuery query;
  query.since = session.noticed();
  query.left_out = session.shown();
  query.session = session.id();
  query.limit = kMaxNotices;
  if (query.since == notebook.Latest()) return;
  auto answer = notebook.Changes(query);
  if (!answer.ok()) return;
  std::size_t bytes = 0;
  for (const auto& note : answer.value().changes) {
    Json notice = NoticeToJson(note);
    bytes += CompactText(notice).size() + 1;
    if (bytes > kNoticeBytes && !around.notices.empty()) break;
    around.notices.push_back(std::move(notice));
  }
  const auto shown = around.notices.size();
  const auto cut = answer.value().changes.size() - shown;
  around.more = answer.value().more + cut;
  if (cut > 0) {
    query.limit = shown;
    answer = notebook.Changes(query);
    if (!answer.ok()) return;
  }
  session.set_noticed(answer.value().position);
}

}  // namespace

SyncBlock ClosedSyncBlock(bool has_hub) {
  SyncBlock block;
  block.light = LightFor(has_hub, SyncStatus{}, 0);
  block.state = has_hub ? SyncState::kPending : SyncState::kLocal;
  return block;
}

Around SurroundingsOf(const Operation& operation, bool durable, const OpenWorkspace& workspace,
                      Session& session) {
  const auto summary = workspace.notebook.Summary();
  const auto shown = operation.Shown();
  const auto conflicts = RelevantConflicts(operation, summary, workspace.notebook);
  Around around;
  around.sync = BlockFor(workspace.has_hub, workspace.gate.Status(), summary);
  around.sync.durable = durable;
  around.sync.version =
      shown.empty() ? workspace.notebook.Latest().seq.value : shown.front().version;
  if (workspace.has_hub && !conflicts.empty()) {
    around.sync.state = SyncState::kConflict;
  } else if (workspace.has_hub && IsPending(operation, shown, workspace.gate)) {
    around.sync.state = SyncState::kPending;
  }
  for (const auto& record : conflicts)
    around.conflicts.push_back(ConflictToJson(record, /*brief=*/true));
  AddNotices(around, workspace.notebook, session);
  return around;
}

Around ClosedOrQuickSurroundings(Workspace& workspace, Clock::Instant now) {
  Around around;
  auto open = workspace.Acquire(now);
  if (!open.ok()) {
    around.sync = ClosedSyncBlock(workspace.HasHub());
    return around;
  }
  auto& opened = open.value();
  around.sync = BlockFor(opened.has_hub, opened.gate.Status(), opened.notebook.Summary());
  return around;
}

}  // namespace contextsync

#include "core/hub/hub_workspace.h"

#include <utility>

#include "core/base/failpoint.h"
#include "core/hub/history_check.h"
#include "core/hub/purging.h"
#include "core/hub/push_batch.h"

namespace contextsync {

namespace {

/// Pieces that may wait. More notebooks than this at once in one workspace are told to come back.
constexpr std::size_t kMaxWaiting = 4'096;

/// Bounds of one commit: beyond them an fsync is shared well enough, and memory counts.
constexpr std::size_t kMaxPushesPerCommit = 64;
constexpr std::size_t kMaxEntriesPerCommit = 1'024;

}  // namespace

HubWorkspace::Added HubWorkspace::Add(Piece& piece) {
  const MutexLock lock(mu_);
  if (waiting_.size() >= kMaxWaiting) return Added::kRefused;
  waiting_.push_back(std::move(piece));
  return std::exchange(is_running_, true) ? Added::kQueued : Added::kMustRun;
}

bool HubWorkspace::TakeTurn() {
  std::vector<Push> pushes = TakePushes();
  if (pushes.empty()) {
    std::optional<Piece> piece;
    {
      const MutexLock lock(mu_);
      piece = std::move(waiting_.front());
      waiting_.pop_front();
    }
    std::get<Task> (*piece)(*this);
  } else {
    RunPushes(pushes);
  }
  const MutexLock lock(mu_);
  is_running_ = !waiting_.empty();
  return is_running_;
}

bool HubWorkspace::IsForgettable() {
  const MutexLock lock(mu_);
  return !is_running_ && waiting_.empty() && fan_out_.empty();
}

std::vector<HubWorkspace::Push> HubWorkspace::TakePushes() {
  const MutexLock lock(mu_);
  std::vector<Push> pushes;
  std::size_t entries = 0;
  while (!waiting_.empty() && pushes.size() < kMaxPushesPerCommit &&
         entries < kMaxEntriesPerCommit) {
    auto* push = std::get_if<Push>(&waiting_.front());
    if (push == nullptr) break;
    entries += push->request.entries.size();
    pushes.push_back(std::move(*push));
    waiting_.pop_front();
  }
  return pushes;
}

void HubWorkspace::RunPushes(std::span<Push> pushes) {
  Result<Committed> committed = CommitPushes(pushes);
  if (!committed.ok() && committed.error().code() == ErrorCode::kCorruption && pushes.size() > 1) {
    // One damaged row must not stop the pushes that do not touch it.
    for (std::size_t i = 0; i < pushes.size(); ++i)
      RunPushes(pushes.subspan(i, 1));
    return;
  }
  if (!committed.ok()) return RefusePushes(pushes, committed.error());
  for (std::size_t i = 0; i < pushes.size(); ++i)
    pushes[i].done(std::move(committed.value().replies[i]));
  PassFailpoint(Failpoint::kHubPushAnswered);
  fan_out_.Publish(committed.value().epoch, committed.value().items);
  PassFailpoint(Failpoint::kHubFannedOut);
  if (committed.value().must_scrub) ScrubPurged(ports_.store, id_);
}

Result<HubWorkspace::Committed> HubWorkspace::CommitPushes(std::span<const Push> pushes) {
  // Read anew for every commit: after a failed one nobody knows what the store holds.
  CONTEXTSYNC_ASSIGN_OR_RETURN(std::optional<WorkspaceHead> head, ports_.store.ReadHead(id_));
  Committed committed;
  if (!head) {
    committed.replies.assign(pushes.size(), HubReply<PushResponse>(NoAccess()));
    return committed;
  }
  HubStage stage(ports_.store, id_, std::move(*head));
  const UnixMillis now = ports_.clock.WallMillis();
  for (const Push& push : pushes) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(HubReply<PushResponse> reply,
                                 RunPush(stage, push.principal, push.request, now));
    committed.replies.push_back(std::move(reply));
  }
  CONTEXTSYNC_RETURN_IF_ERROR(TryFailpoint(Failpoint::kHubPushStaged));
  if (stage.is_changed()) CONTEXTSYNC_RETURN_IF_ERROR(ports_.store.Commit(id_, stage.ToCommit()));
  PassFailpoint(Failpoint::kHubPushStored);
  committed.epoch = stage.head().epoch;
  committed.items = stage.items();
  committed.must_scrub = stage.head().must_scrub;
  return committed;
}

void HubWorkspace::RefusePushes(std::span<const Push> pushes, const Error& error) {
  const Result<std::optional<WorkspaceHead>> head = ports_.store.ReadHead(id_);
  for (const Push& push : pushes) {
    const Result<std::optional<HubDevice>> device =
        ports_.store.ReadDevice(id_, push.request.device);
    if (!head.ok() || !head.value() || !device.ok()) {
      push.done(RetryLater(error));
      continue;
    }
    const EntryNumber last_n = device.value() ? device.value()->last_n : EntryNumber();
    push.done(RetryAll(push.request, *head.value(), last_n, ports_.clock.WallMillis()));
  }
}

}  // namespace contextsync

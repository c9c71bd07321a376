#include "core/hub/hub_service.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "core/base/failpoint.h"
#include "core/base/log.h"
#include "core/hub/feed_reader.h"
#include "core/hub/greeting.h"
#include "core/hub/history_check.h"
#include "core/hub/hub_workspace.h"
#include "core/hub/incarnation.h"
#include "core/hub/purging.h"

namespace contextsync {

namespace {

constexpr std::size_t kMaxWorkspaceIdBytes = 128;  // it stands in a URL

bool IsWorkspaceId(const WorkspaceId& id) {
  const auto is_allowed = [](unsigned char c) {
    const bool is_alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    return is_alphanumeric || c == '.' || c == '_' || c == ':' || c == '-';
  };
  return !id.empty() && id.value.size() <= kMaxWorkspaceIdBytes &&
         std::all_of(id.value.begin(), id.value.end(), is_allowed);
}

HubFailure TooBusy() {
  return RetryLater(Error(ErrorCode::kUnavailable, "too much waits already"));
}

/// The reply to a question the store may have failed at.
template <typename T>
HubReply<T> Flatten(Result<HubReply<T>> reply) {
  if (!reply.ok()) return RetryLater(reply.error());
  return std::move(reply).value();
}

}  // namespace

/// All workspaces somebody works on or listens to.
class HubService::Workspaces : public std::enable_shared_from_this<Workspaces> {
 public:
  Workspaces(HubStore& store, Clock& clock, Random& random, Executor& executor, HubOptions options)
      : store_(store), clock_(clock), options_(options), random_(random), executor_(executor) {}

  [[nodiscard]] HubStore& store() const { return store_; }
  [[nodiscard]] UnixMillis now() const { return clock_.WallMillis(); }

  /// Queues `piece`; false, and `piece` untouched, when too much waits.
  bool Queue(const WorkspaceId& id, HubWorkspace::Piece& piece) {
    std::shared_ptr<HubWorkspace> workspace;
    {
      const MutexLock lock(mu_);
      std::shared_ptr<HubWorkspace>& entry = workspaces_[id];
      if (!entry) entry = std::make_shared<HubWorkspace>(HubPorts{store_, clock_}, id);
      const HubWorkspace::Added added = entry->Add(piece);
      if (added != HubWorkspace::Added::kMustRun) return added == HubWorkspace::Added::kQueued;
      ++running_;
      workspace = entry;
    }
    PostTurn(std::move(workspace));
    return true;
  }

  /// Queues a task whose `done` must be called in any case.
  template <typename T, typename Run>
  void QueueTask(const WorkspaceId& id, Done<T> done, Run run) {
    HubWorkspace::Piece piece = HubWorkspace::Task(
        [self = shared_from_this(), done, run = std::move(run)](HubWorkspace& workspace) mutable {
          done(Flatten<T>(run(*self, workspace)));
        });
    if (!Queue(id, piece)) done(TooBusy());
  }

  /// Queues a piece of forgetting, and behind it the next one, until the workspace is looked
  /// through.
  void QueueRetention(const WorkspaceId& id, const std::optional<ContextRef>& after) {
    HubWorkspace::Piece piece =
        HubWorkspace::Task([self = shared_from_this(), after](HubWorkspace& workspace) {
          // A hub that died after a purge did not get to this.
          if (!after) ScrubPurged(self->store_, workspace.id());
          Result<RetentionStep> step = RunRetention(self->store_, workspace.id(),
                                                    self->options_.retention, self->now(), after);
          if (!step.ok()) {
            CONTEXTSYNC_LOG(kWarning, "a workspace is not collected",
                            {{"error", step.error().message()}});
            return;
          }
          workspace.fan_out().Publish(step.value().epoch, step.value().items);
          if (!step.value().is_complete) self->QueueRetention(workspace.id(), step.value().after);
        });
    Queue(id, piece);
  }

  std::vector<WorkspaceId> Ids() {
    const MutexLock lock(mu_);
    std::vector<WorkspaceId> ids;
    for (const auto& [id, workspace] : workspaces_)
      ids.push_back(id);
    return ids;
  }

  /// The head as a hello finds it.
  Result<std::optional<WorkspaceHead>> OpenForHello(const WorkspaceId& id) {
    return OpenHead(id, options_.create_workspaces);
  }

  /// The workspace's head; minted when there is none and `create`.
  Result<std::optional<WorkspaceHead>> OpenHead(const WorkspaceId& id, bool create) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(std::optional<WorkspaceHead> head, store_.ReadHead(id));
    if (head || !create || !IsWorkspaceId(id)) return head;
    // Held over the store's work on purpose: two callers must not mint two epochs, and this happens
    // once.
    const MutexLock lock(create_mu_);
    CONTEXTSYNC_ASSIGN_OR_RETURN(head, store_.ReadHead(id));
    if (head) return head;
    HubCommit commit;
    commit.head = MintHead(random_);
    CONTEXTSYNC_RETURN_IF_ERROR(store_.Commit(id, commit));
    PassFailpoint(Failpoint::kHubWorkspaceMade);
    return std::optional<WorkspaceHead>(std::move(commit.head));
  }

  bool WaitUntilIdle(Clock::Instant deadline) {
    const MutexLock lock(mu_);
    while (running_ > 0) {
      if (!idle_.WaitUntil(mu_, deadline)) return running_ == 0;
    }
    return true;
  }

 private:
  void PostTurn(std::shared_ptr<HubWorkspace> workspace) {
    executor_.Post([self = shared_from_this(), workspace = std::move(workspace)] {
      if (workspace->TakeTurn()) {
        self->PostTurn(workspace);
      } else {
        self->EndTurns(*workspace);
      }
    });
  }

  /// A workspace that nobody needs is forgotten: it keeps nothing but its queue and its listeners.
  void EndTurns(HubWorkspace& workspace) {
    const MutexLock lock(mu_);
    --running_;
    const auto it = workspaces_.find(workspace.id());
    const bool is_listed = it != workspaces_.end() && it->second.get() == &workspace;
    if (is_listed && workspace.IsForgettable()) workspaces_.erase(it);
    idle_.NotifyAll();
  }

  // Constant after construction.
  HubStore& store_;
  Clock& clock_;
  const HubOptions options_;
  Random& random_;
  Executor& executor_;

  Mutex create_mu_;
  Mutex mu_;
  CondVar idle_;
  std::unordered_map<WorkspaceId, std::shared_ptr<HubWorkspace>> workspaces_ GUARDED_BY(mu_);
  std::size_t running_ GUARDED_BY(mu_) = 0;  // workspaces with a turn posted or running
};

namespace {

EventFrame HeadFrame(EventFrame::Type type, const WorkspaceHead& head, UnixMillis now) {
  EventFrame frame;
  frame.type = type;
  frame.epoch = head.epoch;
  frame.head = head.seq;
  frame.check = head.check;
  frame.server_time = now;
  return frame;
}

Status BeatOnce(HubStore& store, UnixMillis now, HubWorkspace& workspace) {
  if (workspace.fan_out().empty()) return {};
  CONTEXTSYNC_ASSIGN_OR_RETURN(const std::optional<WorkspaceHead> head,
                               store.ReadHead(workspace.id()));
  if (!head) return {};
  workspace.fan_out().Broadcast(HeadFrame(EventFrame::Type::kHeartbeat, *head, now));
  return {};
}

}  // namespace

HubService::HubService(HubStore& store, Clock& clock, Random& random, Executor& executor,
                       HubOptions options)
    : workspaces_(std::make_shared<Workspaces>(store, clock, random, executor, options)) {}

HubService::~HubService() = default;

void HubService::Hello(const WorkspaceId& workspace, Principal principal, HelloRequest request,
                       Done<HelloResponse> done) {
  using Reply = HubReply<HelloResponse>;
  const auto run = [principal = std::move(principal), request = std::move(request)](
                       Workspaces& all, HubWorkspace& here) -> Result<Reply> {
    CONTEXTSYNC_ASSIGN_OR_RETURN(std::optional<WorkspaceHead> head, all.OpenForHello(here.id()));
    if (!head) return Reply(NoAccess());
    HubStage stage(all.store(), here.id(), std::move(*head));
    CONTEXTSYNC_ASSIGN_OR_RETURN(HelloResponse response,
                                 RunHello(stage, principal, request, all.now()));
    CONTEXTSYNC_RETURN_IF_ERROR(TryFailpoint(Failpoint::kHubHelloStaged));
    if (stage.is_changed()) {
      CONTEXTSYNC_RETURN_IF_ERROR(all.store().Commit(here.id(), stage.ToCommit()));
    }
    PassFailpoint(Failpoint::kHubHelloStored);
    return Reply(std::move(response));
  };
  workspaces_->QueueTask<HelloResponse>(workspace, std::move(done), run);
}

void HubService::Push(const WorkspaceId& workspace, Principal principal, PushRequest request,
                      Done<PushResponse> done) {
  HubWorkspace::Piece piece =
      HubWorkspace::Push{std::move(principal), std::move(request), std::move(done)};
  if (!workspaces_->Queue(workspace, piece)) std::get<HubWorkspace::Push>(piece).done(TooBusy());
}

HubReply<ChangesPage> HubService::Changes(const WorkspaceId& workspace,
                                          const ChangesRequest& request) {
  const UnixMillis now = workspaces_->now();
  return Flatten<ChangesPage>(ReadChanges(workspaces_->store(), workspace, request, now));
}

HubReply<SnapshotPage> HubService::Snapshot(const WorkspaceId& workspace,
                                            const SnapshotRequest& request) {
  const UnixMillis now = workspaces_->now();
  return Flatten<SnapshotPage>(ReadSnapshot(workspaces_->store(), workspace, request, now));
}

void HubService::Subscribe(const WorkspaceId& workspace, EventsRequest request,
                           std::weak_ptr<Subscriber> subscriber, Done<EventFrame> done) {
  using Reply = HubReply<EventFrame>;
  const auto run = [request = std::move(request), subscriber = std::move(subscriber)](
                       Workspaces& all, HubWorkspace& here) -> Result<Reply> {
    const UnixMillis now = all.now();
    CONTEXTSYNC_ASSIGN_OR_RETURN(std::optional<WorkspaceHead> head,
                                 all.store().ReadHead(here.id()));
    if (!head) return Reply(NoAccess());
    EventFrame ready = HeadFrame(EventFrame::Type::kReady, *head, now);
    HubStage stage(all.store(), here.id(), std::move(*head));
    CONTEXTSYNC_ASSIGN_OR_RETURN(std::optional<HubFailure> failure,
                                 TestClaim(stage, request.claim, request.since));
    if (failure) return Reply(std::move(*failure));
    CONTEXTSYNC_RETURN_IF_ERROR(
        here.fan_out().Add(subscriber, request, ready, all.store(), here.id()));
    PassFailpoint(Failpoint::kHubSubscribed);
    return Reply(std::move(ready));
  };
  workspaces_->QueueTask<EventFrame>(workspace, std::move(done), run);
}

void HubService::Heartbeat() {
  for (const WorkspaceId& id : workspaces_->Ids()) {
    HubWorkspace::Piece piece = HubWorkspace::Task([all = workspaces_](HubWorkspace& workspace) {
      BeatOnce(all->store(), all->now(), workspace)
          .IgnoreBecause("the proof of freshness ends by itself when no heartbeat comes");
    });
    workspaces_->Queue(id, piece);  // where too much waits, a heartbeat is not missed
  }
}

void HubService::Collect() {
  const Result<std::vector<WorkspaceId>> ids = workspaces_->store().Workspaces();
  if (!ids.ok()) {
    CONTEXTSYNC_LOG(kWarning, "nothing is collected", {{"error", ids.error().message()}});
    return;
  }
  for (const WorkspaceId& id : ids.value())
    workspaces_->QueueRetention(id, std::nullopt);
}

Status HubService::CreateWorkspace(const WorkspaceId& workspace) {
  if (!IsWorkspaceId(workspace)) {
    return Error(ErrorCode::kInvalidArgument, "a workspace is 1 to 128 of A-Z a-z 0-9 . _ : -");
  }
  CONTEXTSYNC_ASSIGN_OR_RETURN(const std::optional<WorkspaceHead> head,
                               workspaces_->OpenHead(workspace, true));
  CONTEXTSYNC_CHECK(head.has_value());
  return {};
}

bool HubService::WaitUntilIdle(Clock::Instant deadline) {
  return workspaces_->WaitUntilIdle(deadline);
}

}  // namespace contextsync

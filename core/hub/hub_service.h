// HubService: numbers the writes of all notebooks of a workspace, gap-free, exactly once, and tells
// subscribers. An ordinary replica otherwise: same cells, same join. Source:
// docs/sync_protocol.md#push

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/hub/hub_store.h"
#include "core/hub/principal.h"
#include "core/hub/retention.h"
#include "core/hub/subscriber.h"
#include "core/ports/clock.h"
#include "core/ports/executor.h"
#include "core/ports/hub_messages.h"

namespace contextsync {

struct HubOptions {
  bool create_workspaces = false;  // --no-auth: a workspace comes into being with its first hello
  RetentionRules retention = {};
};

/// Thread-safety: any thread. Work on one workspace runs one piece at a time, in order, on
///                `executor`; different workspaces run in parallel. Pushes that wait together are
///                committed together (one fsync). `done` is called once, on a thread of `executor`
///                or, when too much waits already, at once.
/// Lifetime:      all references must outlive it and all work posted to `executor`.
class HubService {
 public:
  template <typename T>
  using Done = std::function<void(HubReply<T>)>;

  HubService(HubStore& store, Clock& clock, Random& random, Executor& executor, HubOptions options);
  ~HubService();
  HubService(const HubService&) = delete;
  HubService& operator=(const HubService&) = delete;

  void Hello(const WorkspaceId& workspace, Principal principal, HelloRequest request,
             Done<HelloResponse> done);
  void Push(const WorkspaceId& workspace, Principal principal, PushRequest request,
            Done<PushResponse> done);

  /// Reads run beside the workspace's writes on a snapshot. Long polls (`request.wait`) are the
  /// listener's business.
  HubReply<ChangesPage> Changes(const WorkspaceId& workspace, const ChangesRequest& request);
  HubReply<SnapshotPage> Snapshot(const WorkspaceId& workspace, const SnapshotRequest& request);

  /// Sends `ready`, then the backlog (or `lagged`), then every commit, in one ordered stream
  /// without a gap. All frames go through `subscriber`, possibly before `done` says whether the
  /// stream stands. `subscriber` is held weakly; drop it to unsubscribe.
  void Subscribe(const WorkspaceId& workspace, EventsRequest request,
                 std::weak_ptr<Subscriber> subscriber, Done<EventFrame> done);

  /// Queues a heartbeat with the head as the store has it, to every subscriber of every workspace.
  /// Called every 5 s.
  void Heartbeat();

  /// Queues one pass over all workspaces that forgets what nobody needs, in pieces that let other
  /// work between them. What fails or finds too much waiting is left to the next pass.
  void Collect();

  /// Mints the workspace if it does not exist. Durable when it returns.
  Status CreateWorkspace(const WorkspaceId& workspace);

  /// Waits until no work is queued or running, or `deadline`. New work is still accepted.
  bool WaitUntilIdle(Clock::Instant deadline);

 private:
  class Workspaces;
  std::shared_ptr<Workspaces> workspaces_;
};

}  // namespace contextsync

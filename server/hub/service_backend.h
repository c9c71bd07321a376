// ServiceBackend: the hub service as the listener sees it. Reads run on a pool of their own, so
// that a large snapshot never takes the place of a push.

#pragma once

#include <atomic>
#include <functional>

#include "core/ports/executor.h"
#include "server/hub/guarded_clock.h"
#include "server/hub/hub_backend.h"

namespace contextsync {

class ServiceBackend final : public HubBackend {
 public:
  struct Environment {
    HubService& service;
    const GuardedClock& clock;
    std::function<bool(std::function<void()>)>
        offload;                          // to the readers; false when they have too much to do
    std::function<Status()> probe_store;  // writes; on a reader
    std::function<void()> housekeeping;   // with every heartbeat; on a reader
  };

  explicit ServiceBackend(Environment environment) : environment_(std::move(environment)) {}

  void Hello(const WorkspaceId& workspace, Principal principal, HelloRequest request,
             Done<HelloResponse> done) override;
  void Push(const WorkspaceId& workspace, Principal principal, PushRequest request,
            Done<PushResponse> done) override;
  void Changes(const WorkspaceId& workspace, ChangesRequest request,
               Done<ChangesPage> done) override;
  void Snapshot(const WorkspaceId& workspace, SnapshotRequest request,
                Done<SnapshotPage> done) override;
  void Subscribe(const WorkspaceId& workspace, EventsRequest request,
                 std::weak_ptr<Subscriber> subscriber, Done<EventFrame> done) override;
  void Heartbeat() override;
  bool Offload(std::function<void()> work) override {
    return environment_.offload(std::move(work));
  }
  void CheckReady(std::function<void(Status)> done) override;

 private:
  const Environment environment_;
  std::atomic<bool> heartbeat_runs_{false};
};

}  // namespace contextsync

#include "server/hub/service_backend.h"

#include <utility>

namespace contextsync {

namespace {

HubFailure Overloaded() {
  HubFailure failure;
  failure.fault = HubFault::kRetryLater;
  failure.message = "the hub has more readers than it can serve";
  failure.retry_after = std::chrono::seconds(1);
  return failure;
}

}  // namespace

void ServiceBackend::Hello(const WorkspaceId& workspace, Principal principal, HelloRequest request,
                           Done<HelloResponse> done) {
  environment_.service.Hello(workspace, std::move(principal), std::move(request), std::move(done));
}

void ServiceBackend::Push(const WorkspaceId& workspace, Principal principal, PushRequest request,
                          Done<PushResponse> done) {
  environment_.service.Push(workspace, std::move(principal), std::move(request), std::move(done));
}

void ServiceBackend::Changes(const WorkspaceId& workspace, ChangesRequest request,
                             Done<ChangesPage> done) {
  const bool taken = Offload([this, workspace, request = std::move(request), done] {
    done(environment_.service.Changes(workspace, request));
  });
  if (!taken) done(Overloaded());
}

void ServiceBackend::Snapshot(const WorkspaceId& workspace, SnapshotRequest request,
                              Done<SnapshotPage> done) {
  const bool taken = Offload([this, workspace, request = std::move(request), done] {
    done(environment_.service.Snapshot(workspace, request));
  });
  if (!taken) done(Overloaded());
}

void ServiceBackend::Subscribe(const WorkspaceId& workspace, EventsRequest request,
                               std::weak_ptr<Subscriber> subscriber, Done<EventFrame> done) {
  environment_.service.Subscribe(workspace, std::move(request), std::move(subscriber),
                                 std::move(done));
}

void ServiceBackend::Heartbeat() {
  // One at a time: when the store is slow, a second one would only queue behind the first.
  if (heartbeat_runs_.exchange(true)) return;
  const bool taken = Offload([this] {
    environment_.service.Heartbeat();
    environment_.housekeeping();
    heartbeat_runs_.store(false);
  });
  if (!taken) heartbeat_runs_.store(false);
}

void ServiceBackend::CheckReady(std::function<void(Status)> done) {
  if (environment_.clock.HasJumped()) {
    done(Error(ErrorCode::kUnavailable, "the clock of this machine jumped"));
    return;
  }
  const bool taken = Offload([this, done] { done(environment_.probe_store()); });
  if (!taken) done(Error(ErrorCode::kUnavailable, "the hub is overloaded"));
}

}  // namespace contextsync

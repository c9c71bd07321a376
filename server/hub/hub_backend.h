// HubBackend: what the listener needs of the hub, every call returning at once. HubService behind
// it in the program, a scripted one in tests of the listener.

#pragma once

#include <functional>
#include <memory>

#include "core/base/ids.h"
#include "core/hub/hub_service.h"
#include "core/hub/principal.h"
#include "core/ports/hub_messages.h"

namespace contextsync {

/// Thread-safety: any thread. `done` is called once, on any thread, also before the call returns.
class HubBackend {
 public:
  template <typename T>
  using Done = std::function<void(HubReply<T>)>;

  virtual ~HubBackend() = default;

  virtual void Hello(const WorkspaceId& workspace, Principal principal, HelloRequest request,
                     Done<HelloResponse> done) = 0;
  virtual void Push(const WorkspaceId& workspace, Principal principal, PushRequest request,
                    Done<PushResponse> done) = 0;

  /// Answers at once, whatever `request.wait` says.
  virtual void Changes(const WorkspaceId& workspace, ChangesRequest request,
                       Done<ChangesPage> done) = 0;
  virtual void Snapshot(const WorkspaceId& workspace, SnapshotRequest request,
                        Done<SnapshotPage> done) = 0;

  /// `done` says whether the stream stands. All frames, `ready` first, go through the subscriber,
  /// possibly before `done` is called.
  virtual void Subscribe(const WorkspaceId& workspace, EventsRequest request,
                         std::weak_ptr<Subscriber> subscriber, Done<EventFrame> done) = 0;

  /// Sends every subscriber a heartbeat with the head as the store has it.
  virtual void Heartbeat() = 0;

  /// Runs `work` where it may take its time. False: too much is waiting already.
  virtual bool Offload(std::function<void()> work) = 0;

  /// Whether the hub can do its work: the store takes writes, the clock did not jump.
  virtual void CheckReady(std::function<void(Status)> done) = 0;
};

}  // namespace contextsync

// LongPolls: `changes` requests that wait for something to happen, without holding a worker: they
// hang on a subscription and a timer. Source: docs/sync_protocol.md#changes

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <unordered_set>

#include "core/base/mutex.h"
#include "server/hub/hub_backend.h"

namespace contextsync {

/// Calls `work` once, after `delay`, on any thread; may be dropped when the server stops.
using After = std::function<void(std::chrono::milliseconds delay, std::function<void()> work)>;

/// Thread-safety: any thread.
class LongPolls {
 public:
  using Done = HubBackend::Done<ChangesPage>;

  LongPolls(HubBackend& backend, After after);
  ~LongPolls();
  LongPolls(const LongPolls&) = delete;
  LongPolls& operator=(const LongPolls&) = delete;

  /// Answers as soon as there is anything after `request.since`, or with an empty page after
  /// `request.wait`.
  void Start(const WorkspaceId& workspace, ChangesRequest request, Done done);

  /// Answers all that wait now; later ones do not wait.
  void Stop();

 private:
  class Poll;
  class Parked;

  HubBackend& backend_;
  const After after_;
  const std::shared_ptr<Parked> parked_;  // shared: a poll may end after this object
};

}  // namespace contextsync

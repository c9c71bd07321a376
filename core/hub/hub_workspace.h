// HubWorkspace: the work on one workspace, one piece at a time. Pushes that wait next to each other
// share a commit.

#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "core/base/mutex.h"
#include "core/hub/fan_out.h"
#include "core/hub/hub_store.h"
#include "core/hub/principal.h"
#include "core/ports/clock.h"

namespace contextsync {

/// What a workspace works with. Lifetime: outlives every workspace.
struct HubPorts {
  HubStore& store;
  Clock& clock;
};

/// Thread-safety: Add and TakeTurn's bookkeeping from any thread; the pieces themselves run one at
/// a time.
class HubWorkspace {
 public:
  struct Push {
    Principal principal;
    PushRequest request;
    std::function<void(HubReply<PushResponse>)> done;
  };
  using Task = std::function<void(HubWorkspace&)>;
  using Piece = std::variant<Push, Task>;

  enum class Added { kRefused, kQueued, kMustRun };

  HubWorkspace(HubPorts ports, WorkspaceId id) : ports_(ports), id_(std::move(id)) {}

  /// kMustRun: nobody is running turns; the caller sees to it that TakeTurn is called until it
  /// returns false. kRefused: too much waits; `piece` was not taken.
  Added Add(Piece& piece);

  /// Runs the next piece, or all pushes at the front together. False: nothing is left, and nobody
  /// runs turns now.
  bool TakeTurn();

  // ── inside a piece ──

  [[nodiscard]] const WorkspaceId& id() const { return id_; }
  [[nodiscard]] FanOut& fan_out() { return fan_out_; }

  /// Nothing waits, nothing runs, nobody listens: it can be forgotten.
  [[nodiscard]] bool IsForgettable();

 private:
  /// Pushes that became one commit, and what to tell whom.
  struct Committed {
    std::vector<HubReply<PushResponse>> replies;  // one per push
    Epoch epoch;
    std::vector<std::shared_ptr<const StoredItem>> items;
    bool must_scrub = false;
  };

  std::vector<Push> TakePushes();
  void RunPushes(std::span<Push> pushes);

  /// Errors: nothing of the pushes counts.
  Result<Committed> CommitPushes(std::span<const Push> pushes);
  void RefusePushes(std::span<const Push> pushes, const Error& error);

  // Constant after construction.
  const HubPorts ports_;
  const WorkspaceId id_;

  // Touched by the running piece only.
  FanOut fan_out_;

  Mutex mu_;
  std::deque<Piece> waiting_ GUARDED_BY(mu_);
  bool is_running_ GUARDED_BY(mu_) = false;
};

}  // namespace contextsync

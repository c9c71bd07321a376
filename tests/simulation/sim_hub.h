// SimHub: the hub's service on a computer that can die, run out of disk, and be restored from an
// older copy of itself. Keeps a log of what it numbered, as an observer outside sees it.

#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/hub/hub_service.h"
#include "core/hub/table_hub_store.h"
#include "tests/simulation/sim_disk.h"
#include "tests/simulation/universe.h"

namespace contextsync::simulation {

struct LoggedItem {
  StoredItem stored;
  Instant at;  // when the commit was seen
};

enum class RestoreKind {
  kNewEpoch,  // as a restore should be done
  kByHand,    // the files are copied back; nothing tells the notebooks
};

/// Thread-safety: one thread.
class SimHub {
 public:
  explicit SimHub(Universe& universe, const RetentionRules& retention = {});

  [[nodiscard]] bool is_up() const { return service_ != nullptr && !disk_.is_frozen(); }
  [[nodiscard]] const WorkspaceId& workspace() const { return workspace_; }

  /// Lets the service work and everything it queued. False: it is down, or died at it, and no
  /// answer reaches anybody.
  bool Serve(const std::function<void(HubService&)>& work);

  /// `broken` is called once when the hub dies.
  void OnDeath(std::function<void()> broken) { broken_.push_back(std::move(broken)); }

  /// The process ends; with `power_cut`, the machine. It starts again after `downtime`.
  void Die(bool power_cut, Duration downtime);

  /// One pass that forgets what nobody needs, if it is up.
  void Forget();

  void TakeImage() { image_ = disk_.Copy(); }
  [[nodiscard]] bool has_image() const { return image_.has_value(); }
  void Restore(RestoreKind kind);

  [[nodiscard]] SimDisk& disk() { return disk_; }
  [[nodiscard]] HubStore& store() { return store_; }

  // ── as seen from outside ──

  /// Items 1, 2, 3 … of the present history.
  [[nodiscard]] const std::vector<LoggedItem>& log() const { return log_; }
  [[nodiscard]] const Epoch& epoch() const { return epoch_; }
  [[nodiscard]] std::uint64_t restores() const { return restores_; }

  /// True when `check` is the one of this history at `seq`.
  [[nodiscard]] bool Holds(const Epoch& epoch, HubSequence seq, const FeedCheck& check) const;

 private:
  class QueueExecutor final : public Executor {
   public:
    void Post(std::function<void()> work) override { work_.push_back(std::move(work)); }
    void RunAll();
    void Clear() { work_.clear(); }

   private:
    std::deque<std::function<void()>> work_;
  };

  void Start();
  void Stop();
  void Beat();
  void Observe();
  void Append(StoredItem item);

  Universe& universe_;
  SimClock clock_;
  const WorkspaceId workspace_{"w"};
  const RetentionRules retention_;
  SimDisk disk_;
  TableHubStore store_;
  QueueExecutor executor_;
  std::unique_ptr<HubService> service_;
  std::vector<std::function<void()>> broken_;
  std::optional<DiskImage> image_;
  std::vector<LoggedItem> log_;
  Epoch epoch_;
  std::uint64_t restores_ = 0;
};

}  // namespace contextsync::simulation

#include "tests/simulation/sim_hub.h"

#include <utility>

#include "core/base/check.h"
#include "core/base/hex.h"
#include "core/hub/sequencer.h"

namespace contextsync::simulation {

using namespace std::chrono_literals;

namespace {

std::string Describe(const FeedItem& item) {
  std::string text = std::to_string(item.seq.value) + " " + item.kind + " " + item.context.id +
                     " n=" + std::to_string(item.n.value) + " by " + item.changed_by +
                     " id=" + item.id.value;
  for (const ConflictRecord& record : item.conflicts)
    text += " " + record.id + "=" + std::to_string(static_cast<int>(record.status));
  if (!item.drops.empty()) text += " drops " + std::to_string(item.drops.size());
  for (const std::string& id : item.forgotten)
    text += " forgets " + id;
  return text;
}

}  // namespace

void SimHub::QueueExecutor::RunAll() {
  while (!work_.empty()) {
    const std::function<void()> work = std::move(work_.front());
    work_.pop_front();
    work();
  }
}

SimHub::SimHub(Universe& universe, const RetentionRules& retention)
    : universe_(universe),
      clock_(universe),
      retention_(retention),
      disk_(universe, TableHubStore::TableNames().size()),
      store_(disk_) {
  Start();
  universe_.After(5s, [this] { Beat(); });
}

bool SimHub::Serve(const std::function<void(HubService&)>& work) {
  if (!is_up()) return false;
  work(*service_);
  executor_.RunAll();
  if (disk_.is_frozen()) return false;
  Observe();
  return true;
}

void SimHub::Die(bool power_cut, Duration downtime) {
  SIMULATION_TRACE(universe_, power_cut ? "hub: power cut" : "hub: killed");
  Stop();
  universe_.After(downtime, [this, power_cut] {
    if (service_ != nullptr) return;  // restored meanwhile
    disk_.Restart(power_cut);
    Start();
  });
}

void SimHub::Forget() {
  SIMULATION_TRACE(universe_, "hub: forgets");
  Serve([](HubService& service) { service.Collect(); });
}

void SimHub::Restore(RestoreKind kind) {
  Stop();
  disk_.Restart(false);
  disk_.Replace(*image_);
  ++restores_;
  auto head = store_.ReadHead(workspace_);
  CONTEXTSYNC_CHECK(head.ok() && head.value().has_value());
  SIMULATION_TRACE(universe_, "hub: restored to " + std::to_string(head.value()->seq.value) +
                                  (kind == RestoreKind::kByHand ? " by hand" : ", new epoch"));
  if (kind == RestoreKind::kNewEpoch) {
    HubCommit commit;
    commit.head = *head.value();
    commit.head.previous_epoch = commit.head.epoch;
    commit.head.fork_seq = commit.head.seq;
    commit.head.epoch = Epoch(ToHex16(universe_.chance.Next()) + ToHex16(universe_.chance.Next()));
    commit.head.hub_device = DeviceId(universe_.chance.Next());
    CONTEXTSYNC_CHECK(store_.Commit(workspace_, commit).ok());
  }
  log_.resize(head.value()->seq.value);
  Start();
}

bool SimHub::Holds(const Epoch& epoch, HubSequence seq, const FeedCheck& check) const {
  if (epoch != epoch_ || seq.value > log_.size()) return false;
  return seq.value == 0 || log_[seq.value - 1].stored.check == check;
}

void SimHub::Start() {
  service_ =
      std::make_unique<HubService>(store_, clock_, universe_.chance, executor_,
                                   HubOptions{.create_workspaces = true, .retention = retention_});
  Observe();
}

void SimHub::Stop() {
  disk_.Freeze();
  executor_.Clear();
  service_.reset();
  for (const auto& broken : std::exchange(broken_, {}))
    broken();
}

void SimHub::Beat() {
  Serve([](HubService& service) { service.Heartbeat(); });
  universe_.After(5s, [this] { Beat(); });
}

void SimHub::Observe() {
  const auto head = store_.ReadHead(workspace_);
  CONTEXTSYNC_CHECK(head.ok());
  if (!head.value()) return;
  epoch_ = head.value()->epoch;
  if (head.value()->seq.value < log_.size())
    return universe_.Fail("the hub lost items it numbered");
  while (log_.size() < head.value()->seq.value) {
    const auto slice = store_.ReadFeed(workspace_, HubSequence(log_.size()), ReadBounds{});
    CONTEXTSYNC_CHECK(slice.ok());
    if (slice.value().items.empty()) return universe_.Fail("the hub's feed ends before its head");
    for (const StoredItem& item : slice.value().items)
      Append(item);
  }
}

void SimHub::Append(StoredItem item) {
  const HubSequence seq = item.item.seq;
  if (seq.value != log_.size() + 1)
    universe_.Fail("the feed has a gap at " + std::to_string(seq.value));
  const FeedCheck before = log_.empty() ? FirstCheck(epoch_) : log_.back().stored.check;
  const bool is_first_of_epoch = log_.empty() && restores_ > 0;  // FirstCheck is of the first epoch
  // A purge that was numbered right after it has changed it: the check is that of what it was.
  const bool is_known = !is_first_of_epoch && !item.is_purged;
  if (is_known && item.check != NextCheck(before, item.item))
    universe_.Fail("the check is wrong at " + std::to_string(seq.value));
  if (universe_.is_traced()) universe_.Trace("hub: " + Describe(item.item));
  log_.push_back({std::move(item), universe_.now()});
}

}  // namespace contextsync::simulation

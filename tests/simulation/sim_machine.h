// SimMachine: a computer with a notebook and its sync engine, as they ship. It can be killed at any
// write, cut from its power, suspended, and its clock may be wrong.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/notebook/notebook.h"
#include "core/sync/notebook_replica.h"
#include "core/sync/sync_engine.h"
#include "tests/simulation/fiber.h"
#include "tests/simulation/sim_disk.h"
#include "tests/simulation/sim_link.h"

namespace contextsync::simulation {

/// Thread-safety: one thread.
class SimMachine final : public Host {
 public:
  SimMachine(std::string name, Universe& universe, SimHub& hub);
  ~SimMachine() override;
  SimMachine(const SimMachine&) = delete;
  SimMachine& operator=(const SimMachine&) = delete;

  /// Opens the notebook; tries again when the disk does not let it.
  void Start();

  /// kill -9, or a power cut, at once. It starts again after `downtime`.
  void Die(bool power_cut, Duration downtime);

  /// The same in the middle of the `writes`-th write from now.
  void DieAtWrite(std::uint64_t writes, bool power_cut, Duration downtime);

  void Suspend(Duration time);

  /// Dies and comes back with `image` in place of its own directory.
  void Become(const DiskImage& image, Duration downtime);

  [[nodiscard]] bool is_up() const { return notebook_ != nullptr && !disk_.is_frozen(); }
  [[nodiscard]] bool is_awake() const { return is_up() && AwakeAt() <= universe_.now(); }

  /// A request of its engine is under way.
  [[nodiscard]] bool is_calling() const { return at_ == At::kCalling; }

  // Precondition of these: is_up().
  [[nodiscard]] Notebook& notebook() { return *notebook_; }
  [[nodiscard]] SyncEngine& engine() { return *engine_; }
  [[nodiscard]] SimChannel& channel() { return *channel_; }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] SimDisk& disk() { return disk_; }
  [[nodiscard]] const SimDisk& disk() const { return disk_; }
  [[nodiscard]] SimClock& sim_clock() { return clock_; }

  /// How often a process of this computer ended.
  [[nodiscard]] std::uint64_t deaths() const { return deaths_; }

  bool Wait(Duration time) override;
  void Poke() override;
  [[nodiscard]] Instant AwakeAt() const override { return awake_at_; }
  [[nodiscard]] const Clock& clock() const override { return clock_; }

  Weather weather;
  Principal principal;  // whose token it has, from its next start on

 private:
  enum class At { kNowhere, kResting, kCalling };

  void RunEngine();
  void Rest(Instant until);
  void Continue(std::uint64_t ticket);
  void StopProcess();
  void StartLater(Duration downtime, bool power_cut);

  const std::string name_;
  Universe& universe_;
  SimHub& hub_;
  SimClock clock_;
  SimDisk disk_;
  std::unique_ptr<Notebook> notebook_;
  std::unique_ptr<NotebookReplica> replica_;
  std::unique_ptr<SimLink> link_;
  std::unique_ptr<SimChannel> channel_;
  std::unique_ptr<SyncEngine> engine_;
  std::unique_ptr<Fiber> fiber_;
  At at_ = At::kNowhere;
  bool is_poked_ = false;
  bool is_dying_ = false;
  bool cut_power_ = false;
  std::uint64_t ticket_ = 0;  // of the wait the fiber is in; others are over
  std::uint64_t life_ = 0;
  std::uint64_t deaths_ = 0;
  Instant awake_at_{};
};

}  // namespace contextsync::simulation

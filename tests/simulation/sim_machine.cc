#include "tests/simulation/sim_machine.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace contextsync::simulation {

using namespace std::chrono_literals;

SimMachine::SimMachine(std::string name, Universe& universe, SimHub& hub)
    : name_(std::move(name)),
      universe_(universe),
      hub_(hub),
      clock_(universe),
      disk_(universe, Notebook::TableNames().size()) {}

SimMachine::~SimMachine() {
  StopProcess();
}

void SimMachine::Start() {
  auto opened = Notebook::Open(disk_, disk_, clock_, universe_.chance,
                               {.workspace = hub_.workspace(), .has_hub = true});
  if (!opened.ok()) {
    SIMULATION_TRACE(universe_, name_ + ": cannot open: " + opened.error().message());
    const ErrorCode code = opened.error().code();
    const bool is_disk = code == ErrorCode::kStorageFull || code == ErrorCode::kUnavailable;
    if (!is_disk) universe_.Fail(name_ + " does not open: " + opened.error().message());
    if (is_disk) StartLater(1s, false);
    return;
  }
  notebook_ = std::move(opened).value();
  replica_ = std::make_unique<NotebookReplica>(*notebook_);
  link_ = std::make_unique<SimLink>(universe_, hub_, *this, weather, principal);
  channel_ = std::make_unique<SimChannel>(universe_, hub_, *this, weather);
  SyncOptions options;
  options.identity = {.build = "simulation",
                      .agent = name_,
                      .origin = "hub",
                      .pinned_origin = notebook_->HubOrigin()};
  options.on_hub_accepted = [this] {
    notebook_->PinHubOrigin("hub").IgnoreBecause("it is pinned at the next start");
  };
  engine_ = std::make_unique<SyncEngine>(
      SyncPorts{*replica_, *link_, channel_.get(), clock_, universe_.chance}, std::move(options));
  is_dying_ = false;
  fiber_ = std::make_unique<Fiber>([this] { RunEngine(); });
  at_ = At::kResting;
  Poke();
}

void SimMachine::RunEngine() {
  while (!is_dying_) {
    is_poked_ = false;
    const Instant next = engine_->Step();
    if (!is_dying_ && !is_poked_) Rest(std::max(next, clock_.Now()));
  }
}

void SimMachine::Rest(Instant until) {
  const std::uint64_t ticket = ++ticket_;
  at_ = At::kResting;
  const Instant at_most = std::min(until, clock_.Now() + 1h);  // "never" is beyond all arithmetic
  universe_.At(clock_.WorldTime(at_most), [this, ticket] { Continue(ticket); });
  fiber_->Yield();
}

bool SimMachine::Wait(Duration time) {
  if (is_dying_) return false;
  const std::uint64_t ticket = ++ticket_;
  at_ = At::kCalling;
  universe_.After(time, [this, ticket] { Continue(ticket); });
  fiber_->Yield();
  return !is_dying_;
}

void SimMachine::Poke() {
  is_poked_ = true;
  if (at_ != At::kResting) return;
  const std::uint64_t ticket = ++ticket_;
  universe_.After(0s, [this, ticket] { Continue(ticket); });
}

void SimMachine::Continue(std::uint64_t ticket) {
  if (ticket != ticket_ || fiber_ == nullptr) return;
  if (awake_at_ > universe_.now()) {
    universe_.At(awake_at_, [this, ticket] { Continue(ticket); });
    return;
  }
  fiber_->Resume();
}

void SimMachine::Die(bool power_cut, Duration downtime) {
  if (notebook_ == nullptr) return;
  SIMULATION_TRACE(universe_, name_ + (power_cut ? ": power cut" : ": killed"));
  StopProcess();
  StartLater(downtime, power_cut);
}

void SimMachine::DieAtWrite(std::uint64_t writes, bool power_cut, Duration downtime) {
  disk_.DieAtWrite(writes, [this, power_cut, downtime] {
    SIMULATION_TRACE(universe_, name_ + ": dies in a write");
    is_dying_ = true;  // whoever runs now finds a dead disk; buried when that has ended
    universe_.After(0s, [this, power_cut, downtime, life = life_] {
      if (life == life_) Die(power_cut, downtime);
    });
  });
}

void SimMachine::Suspend(Duration time) {
  SIMULATION_TRACE(
      universe_,
      name_ + ": sleeps for " +
          std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s");
  clock_.AddSleep(time);
  awake_at_ = std::max(awake_at_, universe_.now()) + time;
}

void SimMachine::Become(const DiskImage& image, Duration downtime) {
  SIMULATION_TRACE(universe_, name_ + ": another directory takes the place of its own");
  StopProcess();
  disk_.Restart(false);
  disk_.Replace(image);
  disk_.Freeze();
  StartLater(downtime, false);
}

void SimMachine::StopProcess() {
  is_dying_ = true;
  disk_.Freeze();
  ++life_;
  ++deaths_;
  // Calls end at once for a dead process, so this comes to an end.
  while (fiber_ != nullptr && !fiber_->is_finished())
    fiber_->Resume();
  fiber_.reset();
  at_ = At::kNowhere;
  engine_.reset();
  channel_.reset();
  link_.reset();
  replica_.reset();
  notebook_.reset();
}

void SimMachine::StartLater(Duration downtime, bool power_cut) {
  cut_power_ = cut_power_ || power_cut;
  universe_.After(downtime, [this, life = life_] {
    if (life != life_ || notebook_ != nullptr) return;
    disk_.Restart(std::exchange(cut_power_, false));
    Start();
  });
}

}  // namespace contextsync::simulation

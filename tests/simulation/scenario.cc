#include "tests/simulation/scenario.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "tests/simulation/agents.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/purges.h"
#include "tests/simulation/watchers.h"

namespace contextsync::simulation {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kComputers = 5;
constexpr auto kHealing = 150s;       // the longest back-off twice, and what follows it
constexpr auto kProbe = 5s;           // a heartbeat for those whose frame was the one in between
constexpr auto kPromptPush = 400ms;   // well below the liveness check, which must not be what helps
constexpr unsigned kChecksEvery = 8;  // steps between two looks at the invariant
constexpr auto kMostBehind = 48h;
constexpr auto kMostAhead = 50s;  // the hub takes up to 60 s …
constexpr auto kFarAhead = 48h;   // … and refuses these: they are restamped

/// What a hub forgets at once that otherwise takes months.
RetentionRules Hasty(Chance& chance, bool may_end_feed) {
  RetentionRules rules;
  rules.collect_after = 0h;
  if (!may_end_feed || chance.Percent(40)) return rules;
  rules.keep_feed = 0h;
  // Nobody who is away is waited for.
  if (chance.Percent(50)) rules.silent_after = 0h;
  return rules;
}

/// Which faults a run has. Each run has only some of them: faults hide one another.
struct Plan {
  explicit Plan(Chance& chance);

  std::uint64_t steps;
  Weather storm;
  bool crashes;
  bool power_cuts;
  bool disk_errors;
  bool full_disks;
  bool hub_crashes;
  bool hub_disk_errors;
  std::optional<RestoreKind> hub_restore;
  bool copies;  // directories copied to other computers, or put back
  bool suspends;
  bool skewed;
  std::optional<RetentionRules> forgets;
  unsigned purges;  // in percent of what happens at the computers
  bool own_tokens;  // each computer has one, and only the first may purge what others wrote
  Habits habits;
};

Plan::Plan(Chance& chance) {
  const auto maybe = [&chance](unsigned percent) { return chance.Percent(percent); };
  steps = 40 + chance.Below(80);
  storm.latency = maybe(70) ? Duration(chance.UpTo(40ms)) : chance.UpTo(2s);
  storm.as_json = maybe(20);
  if (maybe(60)) storm.lose_request = static_cast<unsigned>(chance.Below(25));
  if (maybe(60)) storm.lose_answer = static_cast<unsigned>(chance.Below(25));
  if (maybe(60)) storm.late_request = 60;
  if (maybe(60)) storm.repeat_request = static_cast<unsigned>(chance.Below(25));
  if (maybe(60)) storm.lose_frame = static_cast<unsigned>(chance.Below(30));
  if (maybe(40)) storm.repeat_frame = static_cast<unsigned>(chance.Below(20));
  if (maybe(40)) storm.reorder_frame = static_cast<unsigned>(chance.Below(30));
  storm.slow_reader = maybe(15);
  crashes = maybe(50);
  power_cuts = maybe(60);
  disk_errors = maybe(30);
  full_disks = maybe(15);
  hub_crashes = maybe(40);
  hub_disk_errors = maybe(25);
  if (maybe(30)) hub_restore = maybe(50) ? RestoreKind::kNewEpoch : RestoreKind::kByHand;
  copies = maybe(25);
  suspends = maybe(25);
  skewed = maybe(50) && !copies;  // a copy takes the measured offset along, to another clock
  // A backup that is older than what the hub forgot must not be restored, and a directory from
  // before that may send what the hub does not remember to have.
  if (maybe(35) && !hub_restore) forgets = Hasty(chance, !copies);
  if (maybe(30)) habits.expectations = 25;
  habits.manual = maybe(30);
  if (maybe(40)) habits.decisions = 15;
  habits.worst_latency = storm.latency + 2ms;
  habits.hub_is_restored = hub_restore.has_value();
  purges = maybe(25) ? 1 + static_cast<unsigned>(chance.Below(8)) : 0;
  habits.secrets = purges > 0;
  // Where the only admin's directory is an older one as well, nobody who may tells a hub copied
  // back by hand of the purge again (docs/guarantees.md).
  const bool may_lose_purge = hub_restore == RestoreKind::kByHand && copies;
  own_tokens = maybe(40) && !may_lose_purge;
}

class Scenario {
 public:
  Scenario(std::uint64_t seed, bool is_traced)
      : universe_(seed, is_traced),
        plan_(universe_.chance),
        hub_(universe_, plan_.forgets.value_or(RetentionRules{})),
        agents_(universe_, hub_, machines_, plan_.habits),
        purges_(universe_, hub_, machines_),
        watchers_(universe_, hub_, machines_) {}

  RunResult Run() {
    Begin();
    for (std::uint64_t step = 0; step < plan_.steps && !universe_.has_failed(); ++step) {
      Happen();
      Look(step);
    }
    if (!universe_.has_failed()) Heal();
    if (!universe_.has_failed()) Probe();
    if (!universe_.has_failed() && plan_.forgets) ForgetAll();
    const bool has_one_history = !plan_.hub_restore && !plan_.copies;
    if (!universe_.has_failed() && has_one_history) watchers_.CheckNothingWasMissed();
    if (!universe_.has_failed() && has_one_history) purges_.CheckPromises();
    if (!universe_.has_failed()) agents_.CheckPromises();
    if (!universe_.has_failed()) CheckConvergence(universe_, hub_, machines_);
    if (!universe_.has_failed()) purges_.CheckAllIsGone();
    return {universe_.failures(), universe_.digest(), agents_.promised(), hub_.log().size()};
  }

 private:
  struct Copied {
    std::size_t from = 0;
    Instant at{};
    DiskImage image;
  };

  [[nodiscard]] Chance& chance() { return universe_.chance; }
  SimMachine& AnyMachine() { return *machines_[chance().Below(machines_.size())]; }
  void Pass(Duration time) { universe_.RunUntil(universe_.now() + time); }

  void Begin() {
    for (std::size_t i = 0; i < kComputers; ++i) {
      machines_.push_back(std::make_unique<SimMachine>("m" + std::to_string(i), universe_, hub_));
      SimMachine& machine = *machines_.back();
      machine.weather.as_json = plan_.storm.as_json;
      if (plan_.own_tokens)
        machine.principal = {machine.name(), i == 0 ? Role::kAdmin : Role::kWrite};
      if (plan_.skewed) machine.sim_clock().SetSkew(AnySkew());
      universe_.After(chance().UpTo(2s), [&machine] { machine.Start(); });
    }
    Pass(1s);
  }

  std::chrono::milliseconds AnySkew() {
    const bool is_far = chance().Percent(30);
    const Duration behind = chance().UpTo(is_far ? Duration(kMostBehind) : Duration(40s));
    const Duration ahead = chance().UpTo(is_far ? Duration(kFarAhead) : Duration(kMostAhead));
    return std::chrono::duration_cast<std::chrono::milliseconds>(chance().Percent(50) ? -behind
                                                                                      : ahead);
  }

  void Look(std::uint64_t step) {
    if (step % kChecksEvery != 0) return;
    SimMachine& machine = AnyMachine();
    if (machine.is_up()) CheckState(universe_, hub_, machine);
  }

  /// One random event.
  void Happen() {
    const std::uint64_t what = chance().Below(100);
    if (what < 52) {
      agents_.Act(chance().Below(machines_.size()));
      if (chance().Percent(plan_.purges)) purges_.Ask(chance().Below(machines_.size()));
      if (chance().Percent(15)) watchers_.Ask(chance().Below(machines_.size()));
      Pass(chance().Percent(50) ? chance().UpTo(30ms) : chance().UpTo(800ms));
    } else if (what < 72) {
      Pass(chance().Percent(90) ? chance().UpTo(900ms) : chance().UpTo(20s));
    } else if (what < 84) {
      ChangeWeather(AnyMachine());
    } else if (what < 92) {
      HitMachine(AnyMachine());
    } else if (what < 97) {
      HitHub();
    } else {
      CopyDirectory();
    }
  }

  void ChangeWeather(SimMachine& machine) {
    const bool is_stormy = chance().Percent(60);
    Weather weather = is_stormy ? plan_.storm : Weather{.as_json = plan_.storm.as_json};
    if (chance().Percent(20)) weather.cut_out = true;
    if (chance().Percent(20)) weather.cut_in = true;
    SIMULATION_TRACE(universe_, machine.name() + ": weather" + (is_stormy ? " storm" : " calm") +
                                    (weather.cut_out ? " cut out" : "") +
                                    (weather.cut_in ? " cut in" : ""));
    machine.weather = weather;
    if (machine.is_up() && chance().Percent(30)) machine.channel().Break();
  }

  void HitMachine(SimMachine& machine) {
    const bool power = plan_.power_cuts && chance().Percent(50);
    const Duration downtime = chance().UpTo(chance().Percent(80) ? 2s : 30s);
    const std::uint64_t what = chance().Below(6);
    if (what == 0 && plan_.crashes) machine.Die(power, downtime);
    if (what == 1 && plan_.crashes) machine.DieAtWrite(1 + chance().Below(4), power, downtime);
    if (what == 2 && plan_.disk_errors) FailWrite(machine, downtime);
    if (what == 3 && plan_.full_disks) FillDisk(machine.disk(), chance().UpTo(10s));
    if (what == 4 && plan_.suspends) machine.Suspend(chance().UpTo(20s));
    if (what == 5 && plan_.skewed) SetClock(machine);
  }

  /// Until the difference to the hub is known again, a clock that was set far forward makes stamps
  /// the hub refuses.
  void SetClock(SimMachine& machine) {
    const auto skew = AnySkew();
    SIMULATION_TRACE(universe_, machine.name() + ": its clock is set to " +
                                    std::to_string(skew.count()) + " ms");
    if (chance().Percent(50)) {
      machine.sim_clock().SetBack(skew);
    } else {
      machine.sim_clock().SetForward(skew);
    }
  }

  /// After a failed write nobody knows what the disk holds: the process opens it anew.
  void FailWrite(SimMachine& machine, Duration downtime) {
    SIMULATION_TRACE(universe_, machine.name() + ": the next write fails");
    machine.disk().FailNextWrite();
    if (chance().Percent(70))
      universe_.After(chance().UpTo(500ms), [this, &machine, downtime, cut = chance().Percent(50)] {
        if (!is_healing_) machine.Die(cut, downtime);
      });
  }

  void FillDisk(SimDisk& disk, Duration time) {
    SIMULATION_TRACE(universe_, "a disk is full");
    disk.SetFull(true);
    universe_.After(time, [&disk] { disk.SetFull(false); });
  }

  void HitHub() {
    if (plan_.forgets && chance().Percent(60)) return hub_.Forget();
    const Duration downtime = chance().UpTo(chance().Percent(80) ? 2s : 20s);
    const bool power = chance().Percent(50);
    const std::uint64_t what = chance().Below(6);
    if (what == 0 && plan_.hub_crashes && hub_.is_up()) hub_.Die(power, downtime);
    if (what == 1 && plan_.hub_crashes && hub_.is_up()) KillHubInWrite(power, downtime);
    if (what == 2 && plan_.hub_disk_errors) hub_.disk().FailNextWrite();
    if (what == 3 && plan_.hub_disk_errors) FillDisk(hub_.disk(), chance().UpTo(5s));
    if (what >= 4 && plan_.hub_restore) CopyHub();
  }

  void KillHubInWrite(bool power, Duration downtime) {
    hub_.disk().DieAtWrite(1 + chance().Below(3), [this, power, downtime] {
      SIMULATION_TRACE(universe_, "hub: dies in a write");
      universe_.After(0s, [this, power, downtime] { hub_.Die(power, downtime); });
    });
  }

  void CopyHub() {
    if (!hub_.is_up() || hub_.log().empty()) return;
    if (!hub_.has_image()) {
      SIMULATION_TRACE(universe_, "hub: copied at " + std::to_string(hub_.log().size()));
      hub_.TakeImage();
    } else if (hub_.restores() < 2) {
      // By hand, nobody but who wrote it may purge again; a disk may lose what it was not told to
      // keep, and take what only it knew along.
      const bool is_plain = *plan_.hub_restore == RestoreKind::kNewEpoch && !plan_.copies &&
                            !plan_.power_cuts && !plan_.disk_errors;
      if (is_plain) purges_.NoteRestore();
      hub_.Restore(*plan_.hub_restore);
    }
  }

  void CopyDirectory() {
    if (!plan_.copies) return;
    const std::size_t which = chance().Below(machines_.size());
    SimMachine& machine = *machines_[which];
    if (!machine.is_up()) return;
    if (!copied_ || chance().Percent(40)) {
      SIMULATION_TRACE(universe_, machine.name() + ": its directory is copied");
      copied_ = {which, universe_.now(), machine.disk().Copy()};
      return;
    }
    // Its own disk is gone with all it had promised alone; the copy's promises live on in it.
    agents_.ForgiveSince(which, which == copied_->from ? copied_->at : Instant{});
    machine.Become(copied_->image, chance().UpTo(2s));
  }

  void Heal() {
    SIMULATION_TRACE(universe_, "everything works again");
    is_healing_ = true;
    hub_.disk().EndFaults();
    for (const auto& machine : machines_) {
      machine->weather = {.as_json = plan_.storm.as_json};
      machine->disk().EndFaults();
    }
    WaitForQuiet(kHealing);
  }

  void WaitForQuiet(Duration longest) {
    const Instant end = universe_.now() + longest;
    const auto is_quiet = [this] {
      return std::all_of(machines_.begin(), machines_.end(),
                         [this](const auto& machine) { return IsQuiet(hub_, *machine); });
    };
    while (!is_quiet()) {
      if (universe_.now() >= end) return ReportUnrest();
      Pass(500ms);
    }
  }

  void ReportUnrest() {
    for (const auto& machine : machines_) {
      if (!IsQuiet(hub_, *machine)) universe_.Fail("no rest: " + DescribeUnrest(hub_, *machine));
    }
  }

  /// A write in good weather is at the hub at once and everywhere soon.
  void Probe() {
    for (std::size_t i = 0; i < machines_.size(); ++i) {
      Pass(chance().UpTo(1s));
      if (!machines_[i]->is_up()) return universe_.Fail(machines_[i]->name() + " is down again");
      agents_.WritePlainly(i);
      Pass(kPromptPush);
      // A hub that was copied back by hand may have forgotten that it refused something, which only
      // the next push finds out.
      const bool may_be_asked_again = plan_.hub_restore == RestoreKind::kByHand;
      if (!may_be_asked_again && machines_[i]->notebook().Position().unsent != 0)
        universe_.Fail("no prompt push: " + DescribeUnrest(hub_, *machines_[i]));
    }
    if (universe_.has_failed()) return;
    WaitForQuiet(kProbe);
    for (const auto& machine : machines_)
      CheckState(universe_, hub_, *machine);
  }

  /// Everybody has everything: whatever may go goes, and nobody sees a difference.
  void ForgetAll() {
    for (int pass = 0; pass < 2; ++pass) {
      hub_.Forget();
      WaitForQuiet(kProbe);
    }
  }

  Universe universe_;
  const Plan plan_;
  SimHub hub_;
  Machines machines_;
  Agents agents_;
  Purges purges_;
  Watchers watchers_;
  std::optional<Copied> copied_;
  bool is_healing_ = false;
};

}  // namespace

RunResult RunSeed(std::uint64_t seed, bool is_traced) {
  return Scenario(seed, is_traced).Run();
}

}  // namespace contextsync::simulation

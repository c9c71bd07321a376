// Watchers: on each computer one session that only asks what others changed, from where it stood
// last. Whatever happens in between, it is told every change once, in order, or that it has to look
// anew.

#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "core/notebook/requests.h"
#include "tests/simulation/invariants.h"

namespace contextsync::simulation {

class Watchers {
 public:
  Watchers(Universe& universe, const SimHub& hub, const Machines& machines)
      : universe_(universe), hub_(hub), machines_(machines) {}

  /// The watcher on `machine` asks once. Nothing when its computer is down.
  void Ask(std::size_t machine);

  /// Everybody asks until there is no more: what the hub numbered was told, but for what the
  /// computer wrote itself.
  void CheckNothingWasMissed();

 private:
  struct Watcher {
    bool is_begun = false;
    ChangePosition begun;  // where it began, or began anew
    ChangePosition at;
    std::set<HubSequence> told;
  };

  /// True when more follows.
  bool AskFor(std::size_t machine, std::size_t limit);
  void Take(const SimMachine& machine, Watcher& watcher, const ChangeNote& note);

  Universe& universe_;
  const SimHub& hub_;
  const Machines& machines_;
  std::vector<Watcher> watchers_;
};

}  // namespace contextsync::simulation

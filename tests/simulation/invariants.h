// Invariants: what must be true of a notebook at every moment, and of all of them in the end.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/sim_hub.h"
#include "tests/simulation/sim_machine.h"

namespace contextsync::simulation {

using Machines = std::vector<std::unique_ptr<SimMachine>>;

/// state = fold of feed items 1..c ⊔ own pending deltas, for every context with its own c; and what
/// is read is what the state shows. Skipped where the notebook's history is not the hub's present
/// one. Source: docs/sync_protocol.md#the-invariant
void CheckState(Universe& universe, const SimHub& hub, SimMachine& machine);

/// Nothing pending, everything pulled, nothing left to rebuild, and the hub's events are heard.
bool IsQuiet(const SimHub& hub, SimMachine& machine);

/// Equal everywhere, and what the oracle says.
void CheckConvergence(Universe& universe, SimHub& hub, const Machines& machines);

/// Says why `machine` is not quiet, for the trace.
std::string DescribeUnrest(const SimHub& hub, SimMachine& machine);

}  // namespace contextsync::simulation

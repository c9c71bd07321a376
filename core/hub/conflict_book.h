// ConflictBook: what one numbered entry does to the conflict records of its context: makes them,
// amends them, closes them. Source: docs/sync_protocol.md#conflicts

#pragma once

#include <string>
#include <vector>

#include "core/hub/clash_finder.h"
#include "core/hub/hub_stage.h"

namespace contextsync {

/// The entry, once it is certain to be numbered.
struct NumberedEntry {
  const PushEntry& entry;
  DeviceId device;
  HubSequence seq;
  UnixMillis at = 0;
  Ownership ownership = Ownership::kByEntry;
};

/// The context's state without and with the entry.
struct Transition {
  const State& before;
  const State& after;
};

struct RecordChanges {
  std::vector<ConflictRecord> changed;  // each once, by id: what travels in the feed item
  std::vector<std::string> conflicts;   // of these, the ones the entry is a side of
};

/// The records of `live` whose fate the entry decides on its own side: it writes at or above their
/// path, as their writer did before, and still has not seen the other side.
std::vector<ConflictRecord> OwnChains(const PushEntry& entry, DeviceId device,
                                      const std::vector<ConflictRecord>& live);

/// Stages the changes of records and returns them.
Result<RecordChanges> KeepConflicts(HubStage& stage, const NumberedEntry& numbered,
                                    const Transition& transition,
                                    const std::vector<Clash>& clashes);

/// The strategy for a clash without `on_conflict`: `global/_policy` as of the head. A policy that
/// cannot be read counts as none.
Result<Strategy> StrategyByPolicy(HubStage& stage, const ContextRef& context, const Clash& clash);

/// A record's path as a cell's, and back.
std::string CellPathOf(std::string_view record_path);
std::string RecordPathOf(std::string_view cell_path);

}  // namespace contextsync

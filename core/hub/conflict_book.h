// ConflictBook: what one numbered entry does to the conflict records of its context: makes them,
// amends them, closes them. Source: docs/sync_protocol.md#conflicts

#pragma once

#include <string>
#include <vector>

#include "core/hub/hub_stage.h"
#include "core/hub/trimming.h"

namespace contextsync {

/// The entry, once it is certain to be numbered.
struct NumberedEntry {
  const PushEntry& entry;
  const WriteOrigin& origin;
  HubSequence seq;
  UnixMillis at = 0;
  Ownership ownership = Ownership::kByEntry;
};

/// The context's state without and with what is numbered of the entry.
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
                                    const Transition& transition, const Trimmed& trimmed,
                                    const Resolution& resolution);

}  // namespace contextsync

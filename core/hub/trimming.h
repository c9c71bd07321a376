// Trim: which part of an entry is numbered. Under `manual`, what clashes is left out, and so is
// what its notebook wrote on top of that. Source: docs/sync_protocol.md#left-out

#pragma once

#include <string>
#include <vector>

#include "core/hub/challenge.h"
#include "core/hub/clash_finder.h"
#include "core/hub/hub_stage.h"
#include "core/hub/resolution.h"

namespace contextsync {

/// A clash and how it is settled.
struct SettledClash {
  Clash clash;
  Strategy strategy = Strategy::kMerge;
  Delta left_out;  // the entry's part there, when it waits for a person
};

/// What an entry adds to what was left out of earlier ones of its notebook.
struct Following {
  std::string record;  // its id
  Delta left_out;
};

struct Trimmed {
  Delta delta;  // what is numbered
  std::vector<Following> following;
  std::vector<SettledClash> clashes;

  [[nodiscard]] bool IsDisputed() const { return !following.empty() || !clashes.empty(); }

  /// True when `delta` is less than the entry.
  [[nodiscard]] bool LeavesOut() const;
};

/// An entry, and what it meets.
struct Meeting {
  const PushEntry& entry;
  const WriteOrigin& origin;
  const HubContext& context;  // without the entry
  const std::vector<ConflictRecord>& live;
  const Resolution& resolution;
  Ownership ownership = Ownership::kByEntry;
};

/// Nothing is ever left out of a repair: other notebooks hold it too and would bring it again.
Result<Trimmed> Trim(HubStage& stage, const Meeting& meeting);

/// Takes out of `delta` everything at and below `path`, and each head that then keeps the parents
/// of nothing alive; at the data's root the whole delta. Returns what was taken.
Delta LeaveOut(Delta& delta, std::string_view path);

/// The strategy for a clash without `on_conflict`: `global/_policy` as of the head. A policy that
/// cannot be read counts as none.
Result<Strategy> StrategyByPolicy(HubStage& stage, const ContextRef& context, const Clash& clash);

}  // namespace contextsync

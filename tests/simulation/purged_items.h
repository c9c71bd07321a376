// PurgedItems: what the items of one context still say once purges have taken values out, worked
// out from the protocol's text alone. The log keeps every item as it was numbered. Source:
// docs/sync_protocol.md#purge

#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/sim_hub.h"

namespace contextsync::simulation {

class PurgedItems {
 public:
  /// With the purges among the items up to `last`.
  PurgedItems(const SimHub& hub, const ContextRef& ref, HubSequence last);

  /// Besides: what `purge` names.
  void Add(const Purge& purge);

  [[nodiscard]] bool HasPurges() const { return !purges_.empty(); }

  /// What `item` still brings.
  [[nodiscard]] Delta Left(const FeedItem& item) const;

  /// What `delta`, which came with item `seq`, still says; an entry that waits comes after all of
  /// them.
  [[nodiscard]] Delta Left(Delta delta, HubSequence seq) const;

  /// Whether what was written at the cell `path` with `stamp`, and came with item `seq`, must be
  /// nowhere any more.
  [[nodiscard]] bool IsGone(const std::string& path, const Stamp& stamp, HubSequence seq) const;

 private:
  struct Order {
    std::string path;    // of the cell
    HubSequence before;  // whatever came with an item below it
    std::set<std::pair<Hlc, DeviceId>> writes;
  };

  std::vector<Order> purges_;
};

}  // namespace contextsync::simulation

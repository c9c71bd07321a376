// Retention: what the hub forgets: tombstones that every live notebook has seen, feed items that
// nobody can ask for any more, and the conflict records that only they told of. A piece of bounded
// work at a time. Source: docs/sync_protocol.md#collection

#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "core/hub/hub_store.h"

namespace contextsync {

struct RetentionRules {
  /// Dead components are collected when they are older.
  std::chrono::hours collect_after{24 * 30};
  /// Feed items that every live notebook has are kept so long at least, and as long as the item
  /// that changed it last, a conflict record that nobody has to decide and nobody is shown.
  std::chrono::hours keep_feed{24 * 90};
  /// A notebook that was silent for longer is not waited for. When it comes back it takes a
  /// snapshot, and what it wrote goes into the review where it clashes.
  std::chrono::hours silent_after{24 * 90};
};

/// What one piece of work did.
struct RetentionStep {
  std::size_t collected = 0;        // components
  std::size_t pruned = 0;           // feed items
  std::size_t forgotten = 0;        // conflict records
  bool is_complete = true;          // the whole workspace was looked through
  std::optional<ContextRef> after;  // where the next piece goes on
  Epoch epoch;
  std::vector<std::shared_ptr<const StoredItem>> items;  // the collections, to be told
};

/// The sequence up to which every live notebook has seen everything and will send nothing that was
/// compiled on less. The head when no notebook is live.
HubSequence SeenByAll(const std::vector<HubDevice>& devices, HubSequence head,
                      UnixMillis silent_before);

/// Looks at some contexts after `after` (nothing: from the first), and at the oldest feed items.
/// Runs as a piece of the workspace's work; is committed when it returns.
Result<RetentionStep> RunRetention(HubStore& store, const WorkspaceId& workspace,
                                   const RetentionRules& rules, UnixMillis now,
                                   const std::optional<ContextRef>& after);

}  // namespace contextsync

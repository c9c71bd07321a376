// Checkpoint: which own entries the hub has given its word on, for callers that wait and for
// answers. The journal is the truth; this is its summary by number, good for this process only.

#pragma once

#include <set>

#include "core/base/ids.h"

namespace contextsync {

/// Thread-safety: none; a value that is copied.
class Checkpoint {
 public:
  /// The least entry still without the hub's word is `first`.
  void OnUnsettledFrom(EntryNumber first);

  /// The hub refused `n`: settled, but not confirmed.
  void OnRefused(EntryNumber n);

  /// Pending entries took other numbers; `next_n` is the first that nobody was told before.
  void OnRenumbered(EntryNumber next_n);

  /// The hub has answered entry `n` and all before it, one way or the other.
  [[nodiscard]] bool IsSettled(EntryNumber n) const { return n <= settled_through_; }

  /// The hub holds entry `n`. False as well when that is not known: numbers from before a
  /// renumbering are not.
  [[nodiscard]] bool IsConfirmed(EntryNumber n) const;

 private:
  EntryNumber settled_through_;
  EntryNumber numbered_from_;
  std::set<EntryNumber> refused_;
};

}  // namespace contextsync

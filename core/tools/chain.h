// Chain: the contexts a context inherits from, and itself, as they stand in the notebook. Source:
// docs/tools.md#inheritance

#pragma once

#include <optional>
#include <vector>

#include "core/notebook/notebook.h"
#include "core/tools/target.h"

namespace contextsync {

struct Chain {
  ContextRef target;
  std::optional<ContextRef> parent;    // of the target: stored, or the one it would get
  std::vector<ContextContent> levels;  // those that exist, farthest first
  bool has_target = false;             // then it is the last of `levels`
  std::optional<Deletion> deleted;     // when the target was deleted
};

/// Follows the stored parents; where a context does not exist, those it would get.
Checked<Chain> ReadChain(const ContextRef& context, const Target& target, const Identity& identity,
                         const Notebook& notebook);

}  // namespace contextsync

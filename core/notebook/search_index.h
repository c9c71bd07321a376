// The search index: which contexts hold which word. A commit only marks the contexts it changes, in
// its own batch; marked ones are taken in later, many at once, and before anybody searches. So the
// index and the marks together are always right, and a write pays for one small row. Source:
// docs/storage_format.md#search-index

#pragma once

#include <cstddef>

#include "core/base/result.h"
#include "core/notebook/changeset.h"

namespace contextsync {

/// Notes that a context changed. Called where documents are put, and nowhere else.
void MarkForIndex(Overlay& tables, keys::Generation generation, const ContextRef& ref);

struct IndexProgress {
  std::size_t taken = 0;
  bool complete = true;  // no context is marked any more
};

/// Takes marked contexts in, at most `most` and not many large ones.
///
/// Errors: of the store; kCorruption for a damaged index or context.
Result<IndexProgress> TakeIntoIndex(Changeset& changes, std::size_t most);

/// A store without an index, or with one of other text rules, begins one with all contexts marked.
Status EnsureIndex(Changeset& changes);

/// Drops the index, damaged or not, and marks all contexts.
Status BeginIndexAnew(Changeset& changes);

}  // namespace contextsync

// The conflict records as the feed brought them: by id, by age, by context.

#pragma once

#include <vector>

#include "core/notebook/changeset.h"

namespace contextsync::conflict_table {

/// Stores `record` in place of the one with its id.
Status Put(Changeset& changes, const ConflictRecord& record);

/// Takes `record` away. Precondition: it is stored as it is here.
void Forget(Changeset& changes, const ConflictRecord& record);

Result<std::optional<ConflictRecord>> Find(const TableReader& tables, keys::Generation generation,
                                           std::string_view id);

/// Newest first.
///
/// Errors: kInvalidArgument for a cursor that Read did not give out.
Result<ConflictPage> Read(const TableReader& tables, keys::Generation generation,
                          const ConflictQuery& query);

/// Every record of one context, newest first.
Result<std::vector<ConflictRecord>> Of(const TableReader& tables, const Meta& meta,
                                       const ContextRef& ref);

/// Whether a record of `ref` is not resolved: the next item of the context may change it.
Result<bool> HasLive(const TableReader& tables, const Meta& meta, const ContextRef& ref);

}  // namespace contextsync::conflict_table

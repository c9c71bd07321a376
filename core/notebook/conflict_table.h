// The conflict records as the feed brought them: by id, by age, by context.

#pragma once

#include <vector>

#include "core/notebook/changeset.h"

namespace contextsync::conflict_table {

/// Stores `record` in place of the one with its id.
Status Put(Changeset& changes, const ConflictRecord& record);

Result<std::optional<ConflictRecord>> Find(const TableReader& tables, keys::Generation generation,
                                           std::string_view id);

/// Newest first.
Result<std::vector<ConflictRecord>> Read(const TableReader& tables, keys::Generation generation,
                                         const ConflictQuery& query);

}  // namespace contextsync::conflict_table

// Recovery: what `contextsync doctor --recover` does to a database that refuses to open. Nothing is
// thrown away: the files that may be changed are copied first. Source:
// docs/storage_format.md#recovery

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "storage/rocks/rocks_options.h"

namespace contextsync {

struct RecoveryReport {
  std::string quarantine;           // directory that holds the copies
  std::vector<std::string> copied;  // names of the files in it
  // The list of tables was lost and made anew from the tables themselves. Rows that stood only in a
  // log come along if their column family has a table; the others are in the quarantine alone.
  bool was_rebuilt = false;
  std::optional<std::string> damage;  // in the tables: reads of the damaged part go on failing
};

/// Copies logs and manifest to `<directory>/quarantine/<time>/`, then opens with what stands before
/// the first damage and closes again. Which entries are missing is for the notebook to say: it
/// compares its journal with the high-water mark at its next opening.
///
/// Precondition: the caller holds the directory's NotebookLock and no store is open on it.
Result<RecoveryReport> RecoverStore(const RocksOptions& options);

}  // namespace contextsync

// Salvage: makes a notebook of the rows that can still be read, when its store lost some at random
// and not just its end. Source: docs/storage_format.md#recovery

#pragma once

#include <cstdint>
#include <optional>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/ports/clock.h"
#include "core/ports/high_water_mark.h"
#include "core/ports/table_store.h"

namespace contextsync {

struct SalvageReport {
  std::uint64_t contexts = 0;  // shown ones
  std::uint64_t entries = 0;   // own ones that still wait for the hub
  std::uint64_t damaged = 0;   // rows that were dropped because nobody can read them
};

struct SalvageSource {
  TableStore& store;
  WorkspaceId workspace;
  std::optional<WaterMark> mark;
  Clock& clock;
  Random& random;
};

/// Keeps every context and own entry that can be decoded, joins the entries into their contexts,
/// and builds everything else anew: indexes, counts, numbers. The notebook is another device
/// afterwards and has met no hub: at its next hello it joins what the hub holds and brings what the
/// hub lacks. Conflict records come back from there too. What was purged stays away.
///
/// Durability: one batch, all or nothing.
/// Errors:     of the store, also kCorruption when a table cannot be scanned.
Result<SalvageReport> SalvageNotebook(const SalvageSource& source);

}  // namespace contextsync

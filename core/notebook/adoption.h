// Adoption: going over to another history of the workspace, the hub's, without losing what only
// this notebook holds. Source: docs/sync_protocol.md#epochs

#pragma once

#include <vector>

#include "core/notebook/changeset.h"
#include "core/ports/clock.h"

namespace contextsync {

struct AdoptionServices {
  Clock& clock;
  Random& random;
};

/// See Notebook::AdoptEpoch. Without pages: only where nothing is held here that the hub lacks.
///
/// Errors: kInvalidArgument when a snapshot is needed; kConflict when the snapshot is of another
/// epoch.
Status AdoptEpoch(Changeset& changes, const HelloResponse& hello,
                  const std::vector<SnapshotPage>& pages, const AdoptionServices& services);

}  // namespace contextsync

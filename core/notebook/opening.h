// Opening: what must hold before a notebook may be used, and what is done when its tail is lost.
// Source: docs/sync_protocol.md#opening

#pragma once

#include "core/notebook/notebook.h"
#include "core/notebook/records.h"

namespace contextsync {

/// The meta record to start with; stored, together with all it entails, when it returns.
///
/// Errors: as Notebook::Open.
Result<Meta> OpenMeta(TableStore& store, HighWaterMark& mark, Clock& clock, Random& random,
                      const WorkspaceId& workspace);

}  // namespace contextsync

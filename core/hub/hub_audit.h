// HubAudit: reads everything the hub keeps of a workspace and says what does not fit together.
// Source: docs/operations.md#verify

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/hub/hub_store.h"

namespace contextsync {

struct HubAudit {
  WorkspaceId workspace;
  Epoch epoch;
  HubSequence head;
  std::uint64_t contexts = 0;  // deleted ones included
  std::uint64_t bytes = 0;     // of their cells
  std::string state_hash;      // as NotebookFingerprint::state_hash
  std::vector<std::string> problems;
};

/// The feed has no gap and ends at the head, its running hash is right, every entry is found by its
/// id, and, where the feed still begins at 1, each context is what the feed adds up to.
///
/// Errors: of the store; a damaged row is a problem instead. kNotFound when there is no such
/// workspace.
Result<HubAudit> AuditWorkspace(HubStore& store, const WorkspaceId& workspace);

}  // namespace contextsync

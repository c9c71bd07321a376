// Reading a store that nobody else has open, to the last row: what it holds, and what does not fit
// together. Source: docs/operations.md#verify

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/notebook/requests.h"
#include "core/ports/high_water_mark.h"
#include "core/ports/table_store.h"

namespace contextsync {

/// One workspace of a store.
struct WorkspaceFacts {
  WorkspaceId workspace;
  std::uint64_t contexts = 0;  // deleted ones included
  std::uint64_t bytes = 0;     // of their cells
  HubSequence cursor;          // of a hub: its head
  std::string state_hash;
};

struct StoreCheck {
  std::string path;
  std::vector<WorkspaceFacts> workspaces;  // of a notebook: one
  std::optional<Recovery> recovery;        // of a notebook: what was lost or restored before
  std::vector<std::string> problems;       // empty: all is well
  std::uint64_t purges_waiting = 0;        // of a notebook: asked for, and the hub has not answered
};

/// A mark that is nowhere: for copies, which prove nothing about the original's tail.
class NoHighWaterMark final : public HighWaterMark {
 public:
  std::optional<WaterMark> Load() const override { return std::nullopt; }
  Status Store(const WaterMark& /*mark*/) override { return {}; }
  Status Sync() override { return {}; }
};

/// Errors: of Notebook::Open.
Result<StoreCheck> CheckNotebookStore(TableStore& store, HighWaterMark& mark,
                                      const WorkspaceId& workspace);

/// Errors: of the store.
Result<StoreCheck> CheckHubStore(TableStore& store);

}  // namespace contextsync

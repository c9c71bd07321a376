// Workspace: the open notebook with its synchronisation, as the tools see it. It may still be
// opening.

#pragma once

#include <optional>
#include <string>

#include "core/notebook/notebook.h"
#include "core/ports/clock.h"
#include "core/sync/sync_gate.h"

namespace contextsync {

struct OpenWorkspace {
  Notebook& notebook;
  SyncGate& gate;
  bool has_hub = false;

  /// What a session that began with this process held: the notebook once it had caught up with its
  /// hub, so that nobody is told of what happened long before. Nothing while that is still going
  /// on.
  std::optional<ChangePosition> start;
};

enum class NotebookHealth { kOpening, kNormal, kStorageFull, kDegraded, kUnavailable };

/// Thread-safety: any thread.
class Workspace {
 public:
  virtual ~Workspace() = default;

  /// Waits for the notebook to be open. Errors: STORAGE_UNAVAILABLE with the reason, at `deadline`
  /// at the latest.
  virtual Checked<OpenWorkspace> Acquire(Clock::Instant deadline) = 0;

  [[nodiscard]] virtual NotebookHealth Health() const = 0;

  /// Whether it is to be synchronised; known before it is open.
  [[nodiscard]] virtual bool HasHub() const = 0;
};

}  // namespace contextsync

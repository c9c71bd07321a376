// SyncedTool: the only place that knows the order pre-sync, execute, post-sync. It wraps every
// tool. Sync never decides whether a call succeeds: what could not be reached is said in the
// answer's `sync` block.

#pragma once

#include "core/ports/clock.h"
#include "core/tools/envelope.h"
#include "core/tools/tool.h"
#include "core/tools/workspace.h"

namespace contextsync {

/// Thread-safety: any thread. Lifetime: all references must outlive the tool.
class SyncedTool final : public CallableTool {
 public:
  SyncedTool(Tool& tool, Workspace& workspace, Clock& clock)
      : tool_(tool), workspace_(workspace), clock_(clock) {}

  ToolOutcome Start(const ToolCall& call) override;

 private:
  class Waiting;

  ToolOutcome Execute(std::unique_ptr<Operation> owned, Session& session);
  ToolResult Fail(const std::string& operation, const Refusal& refusal) const;
  void PreSync(const Operation& operation, SyncGate& gate) const;
  std::optional<Refusal> Run(Operation& operation, OpenWorkspace& workspace) const;
  std::optional<Refusal> AwaitHub(Operation& operation, OpenWorkspace& workspace) const;
  static std::optional<Refusal> Confirm(Operation& operation, const OpenWorkspace& workspace);

  Tool& tool_;
  Workspace& workspace_;
  Clock& clock_;
};

}  // namespace contextsync

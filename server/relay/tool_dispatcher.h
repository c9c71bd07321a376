// ToolDispatcher: the tools behind the protocol. Finds the tool and the session, keeps the order of
// a session's calls, and runs them on the workers.

#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/base/mutex.h"
#include "core/ports/clock.h"
#include "core/ports/executor.h"
#include "core/tools/manage_context.h"
#include "core/tools/metered_tool.h"
#include "core/tools/status_tool.h"
#include "core/tools/synced_tool.h"
#include "core/tools/waiting_room.h"
#include "core/tools/workspace.h"
#include "server/mcp/tool_handler.h"
#include "server/relay/call_order.h"

namespace contextsync {

/// Thread-safety: any thread. Lifetime: all references must outlive the dispatcher, and the
/// dispatcher every call.
class ToolDispatcher final : public ToolHandler {
 public:
  struct Parts {
    const Identity& identity;
    Workspace& workspace;
    Clock& clock;
    Random& random;
    Executor& workers;
    std::string version;
    WaitingRoom& waiting;  // of the process
  };

  explicit ToolDispatcher(Parts parts);
  ~ToolDispatcher() override;

  [[nodiscard]] std::string_view ToolsJson() const override { return tools_json_; }
  [[nodiscard]] bool HasTool(std::string_view name) const override;
  void Call(ToolRequest request, std::function<void(ToolAnswer)> done) override;
  void EndInput(const std::string& session_id) override;

  /// A session goes on where it stood in another process.
  /// Precondition: it has made no call here.
  void Resume(const std::string& session_id, const SessionPosition& position);

  /// Where a session stands now.
  [[nodiscard]] SessionPosition PositionOf(const std::string& session_id);

 private:
  struct Connection;
  struct Running;

  [[nodiscard]] CallableTool* Find(std::string_view name);
  std::shared_ptr<Connection> ConnectionOf(const ToolRequest& request);
  void Run(const std::shared_ptr<const Running>& running, std::uint64_t ticket);
  void Park(const std::shared_ptr<const Running>& running, ToolOutcome outcome, std::uint64_t seen);

  // Constant after construction.
  Workspace& workspace_;
  Executor& workers_;
  WaitingRoom& waiting_;
  ToolMetrics metrics_;
  ManageContext manage_context_;
  StatusTool status_;
  SyncedTool synced_manage_context_;
  SyncedTool synced_status_;
  MeteredTool metered_manage_context_;
  MeteredTool metered_status_;
  const std::string tools_json_;

  Mutex mu_;
  std::map<std::string, std::shared_ptr<Connection>> connections_ GUARDED_BY(mu_);
  std::map<std::string, SessionPosition> resumed_ GUARDED_BY(mu_);  // until the first call
};

}  // namespace contextsync

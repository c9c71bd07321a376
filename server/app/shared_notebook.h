// SharedNotebook: one client's tools on a notebook that other processes may use as well. Whoever
// holds the lock has the notebook open and serves the others; they relay to it and take over when
// it dies. Source: docs/architecture.md#relay

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/ports/clock.h"
#include "core/tools/identity.h"
#include "server/app/holder_link.h"
#include "server/app/notebook_host.h"
#include "server/app/waiting_thread.h"
#include "server/app/worker_pool.h"
#include "server/relay/relay_server.h"
#include "server/relay/relay_tools.h"
#include "server/relay/tool_dispatcher.h"

namespace contextsync {

struct SharedNotebookOptions {
  NotebookHostOptions host;
  Identity identity;
  bool gives_way = false;                    // to any other process that wants the notebook
  std::function<std::string()> branch = {};  // the one worked on now; empty: the identity's
  std::string client = {};                   // the process that began this one; empty: no client
};

class SharedNotebook final : private NotebookSharing {
 public:
  /// Lifetime: clock and random must outlive it.
  SharedNotebook(SharedNotebookOptions options, Clock& clock, Random& random);

  /// Lets running calls end; whoever relays here goes on elsewhere.
  ~SharedNotebook() override;

  [[nodiscard]] RelayTools& tools() { return tools_; }
  [[nodiscard]] NotebookHost& host() { return host_; }
  [[nodiscard]] RelayServer& relays() override { return server_; }

  /// Of this process's client: different for every process and every start.
  [[nodiscard]] const std::string& session_id() const { return session_id_; }

 private:
  void TakeCalls() override { tools_.GoHere(); }
  bool VisitHolder(const std::stop_token& stop) override;
  void Tick() override { tools_.Tick(); }
  std::string SessionOf(const std::vector<std::string>& above) override;

  [[nodiscard]] RelayHello Hello() const;

  // In the order of construction.
  const SharedNotebookOptions options_;
  const std::string session_id_;
  NotebookHost host_;
  WaitingThread waiting_;
  std::unique_ptr<WorkerPool> workers_;
  ToolDispatcher dispatcher_;
  RelayTools tools_;
  HolderLink link_;
  RelayServer server_;
};

}  // namespace contextsync

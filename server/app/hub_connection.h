// HubConnection: everything between an open notebook and its hub: link, event channel, engine,
// retry thread.

#pragma once

#include <memory>
#include <string>

#include "core/notebook/notebook.h"
#include "core/ports/clock.h"
#include "core/sync/notebook_replica.h"
#include "core/sync/retry_service.h"
#include "core/sync/sync_engine.h"
#include "server/net/io_thread.h"

namespace contextsync {

struct HubConnectionOptions {
  std::string hub;  // address, validated
  std::string token;
  WorkspaceId workspace;
  std::string agent;
  std::string build;
  bool adopt_hub = false;  // a person said that this is the notebook's hub from now on
};

class HubConnection {
 public:
  /// Lifetime: notebook, clock and random must outlive the connection.
  static Result<std::unique_ptr<HubConnection>> Open(Notebook& notebook, Clock& clock,
                                                     Random& random,
                                                     const HubConnectionOptions& options);
  ~HubConnection();
  HubConnection(const HubConnection&) = delete;
  HubConnection& operator=(const HubConnection&) = delete;

  [[nodiscard]] SyncEngine& engine() { return *engine_; }

  /// Ends synchronisation and releases whoever waits for it. The engine still answers.
  void Stop() { retry_.reset(); }

 private:
  explicit HubConnection(Notebook& notebook);

  // In the order of construction; destroyed in reverse.
  NotebookReplica replica_;
  IoThread io_;
  std::unique_ptr<HubLink> link_;
  std::unique_ptr<EventChannel> channel_;
  std::unique_ptr<SyncEngine> engine_;
  std::unique_ptr<RetryService> retry_;
};

}  // namespace contextsync

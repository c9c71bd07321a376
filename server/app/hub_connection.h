// HubConnection: everything between an open notebook and its hub: link, event channel, engine,
// retry thread.

#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/notebook/notebook.h"
#include "core/ports/clock.h"
#include "core/sync/notebook_replica.h"
#include "core/sync/retry_service.h"
#include "core/sync/sync_engine.h"
#include "server/app/token_watch.h"
#include "server/net/beast_event_channel.h"
#include "server/net/curl_hub_link.h"
#include "server/net/io_thread.h"

namespace contextsync {

struct HubConnectionOptions {
  std::string hub;  // address, validated
  std::string token;
  std::filesystem::path token_file = {};  // watched for a new token; empty: it cannot change
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

  /// The hub's address, as written everywhere.
  [[nodiscard]] const std::string& origin() const { return origin_; }

  [[nodiscard]] SyncEngine& engine() { return *engine_; }

  /// Ends synchronisation and releases whoever waits for it. The engine still answers.
  void Stop() { retry_.reset(); }

 private:
  HubConnection(Notebook& notebook, std::string origin);

  /// On the watch's thread.
  void UseToken(const std::string& token);

  const std::string origin_;
  // In the order of construction; destroyed in reverse.
  NotebookReplica replica_;
  IoThread io_;
  std::unique_ptr<CurlHubLink> link_;
  std::unique_ptr<BeastEventChannel> channel_;
  std::unique_ptr<SyncEngine> engine_;
  std::unique_ptr<RetryService> retry_;
  std::unique_ptr<TokenWatch> token_watch_;  // null: the token cannot change
};

}  // namespace contextsync

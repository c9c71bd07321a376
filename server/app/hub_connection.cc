#include "server/app/hub_connection.h"

#include <utility>

#include "core/base/log.h"
#include "server/config/hub_url.h"

namespace contextsync {

namespace {

/// The address was judged when the settings were read; here it is only taken apart.
constexpr bool kPlainHttpWasJudged = true;

EventChannelOptions ChannelOptions(const HubUrl& url, const HubConnectionOptions& options) {
  return {.host = url.host,
          .port = url.port,
          .is_tls = url.is_tls,
          .path = url.path,
          .workspace = options.workspace,
          .token = options.token};
}

}  // namespace

Result<std::unique_ptr<HubConnection>> HubConnection::Open(Notebook& notebook, Clock& clock,
                                                           Random& random,
                                                           const HubConnectionOptions& options) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto url, ParseHubUrl(options.hub, kPlainHttpWasJudged));
  std::unique_ptr<HubConnection> connection(new HubConnection(notebook, url.ToString()));
  CONTEXTSYNC_ASSIGN_OR_RETURN(connection->link_, CurlHubLink::Open({.hub = url.ToString(),
                                                                     .workspace = options.workspace,
                                                                     .token = options.token}));
  connection->channel_ =
      std::make_unique<BeastEventChannel>(ChannelOptions(url, options), connection->io_, clock);
  const SyncPorts ports{connection->replica_, *connection->link_, connection->channel_.get(), clock,
                        random};
  SyncOptions sync;
  sync.identity = {.build = options.build,
                   .agent = options.agent,
                   .origin = url.ToString(),
                   .pinned_origin = notebook.HubOrigin(),
                   .adopt = options.adopt_hub};
  sync.on_hub_accepted = [&notebook, origin = url.ToString()] {
    const auto status = notebook.PinHubOrigin(origin);
    if (!status.ok())
      CONTEXTSYNC_LOG(kWarning, "the hub's address was not noted",
                      {{"reason", status.error().message()}});
  };
  connection->engine_ = std::make_unique<SyncEngine>(ports, std::move(sync));
  notebook.OnCommit([engine = connection->engine_.get()](const CommitNote& note) {
    if (note.local) engine->NoteWrite();
  });
  connection->retry_ = std::make_unique<RetryService>(*connection->engine_);
  if (!options.token_file.empty()) {
    connection->token_watch_ = std::make_unique<TokenWatch>(
        options.token_file, options.token,
        [raw = connection.get()](const std::string& token) { raw->UseToken(token); });
  }
  return connection;
}

void HubConnection::UseToken(const std::string& token) {
  link_->SetToken(token);
  channel_->SetToken(token);
  engine_->TryNow();
}

HubConnection::HubConnection(Notebook& notebook, std::string origin)
    : origin_(std::move(origin)), replica_(notebook), io_("events") {}

HubConnection::~HubConnection() = default;

}  // namespace contextsync

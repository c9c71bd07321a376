// BeastEventChannel: the hub's events over a WebSocket. It only speeds things up: any frame may be
// lost.

#pragma once

#include <memory>
#include <string>

#include "core/ports/hub_link.h"
#include "server/net/hub_paths.h"
#include "server/net/io_thread.h"

namespace contextsync {

struct EventChannelOptions {
  std::string host;  // IPv6 without brackets
  std::uint16_t port = 0;
  bool is_tls = true;
  std::string path;  // of the hub's address; empty or "/…"
  WorkspaceId workspace;
  std::string token;  // empty: none
};

/// One connection attempt at a time on `io`; reconnecting is the caller's business.
class BeastEventChannel final : public EventChannel {
 public:
  /// Lifetime: `io` and `clock` must outlive the channel. Not destroyed on the io thread.
  BeastEventChannel(EventChannelOptions options, IoThread& io, Clock& clock);
  ~BeastEventChannel() override;

  void Open(const EventsRequest& request, EventListener& listener) override;
  void Close() override;

  /// For the connections that are opened from now on. Any thread.
  void SetToken(std::string token);

 private:
  class Connection;
  template <typename Stream>
  class TypedConnection;

  EventChannelOptions options_;  // the token: of the io thread, the rest constant
  const HubPaths paths_;
  IoThread& io_;
  Clock& clock_;
  std::shared_ptr<Connection> connection_;  // of the io thread
};

}  // namespace contextsync

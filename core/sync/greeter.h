// Greeter: hello, and what its verdict asks for. Source: docs/sync_protocol.md#hello

#pragma once

#include <string>

#include "core/sync/hub_calls.h"
#include "core/sync/replica.h"
#include "core/sync/sync_session.h"

namespace contextsync {

/// Who we are to the hub, and which hub this notebook belongs to.
struct HubIdentity {
  std::string build;
  std::string agent;
  std::string origin;         // scheme, host and port we talk to
  std::string pinned_origin;  // the one this notebook synced with; empty: none yet
  bool adopt = false;         // a person said that the other hub is right
};

/// Thread-safety: none; lives on the engine's thread.
class Greeter {
 public:
  /// Lifetime: all references must outlive it.
  Greeter(Replica& replica, HubCalls& hub, SyncSession& session, HubIdentity identity)
      : replica_(replica), hub_(hub), session_(session), identity_(std::move(identity)) {}

  Exchange Run();

  /// A person said that the hub we talk to is this notebook's from now on.
  void AdoptHub() { identity_.adopt = true; }

 private:
  [[nodiscard]] HelloRequest Request(const SyncPosition& position) const;
  Exchange Act(const SyncPosition& position, const HelloResponse& hello);
  Exchange Continue(const SyncPosition& position, const HelloResponse& hello);
  Exchange Adopt(const SyncPosition& position, const HelloResponse& hello);
  [[nodiscard]] bool IsStrangeHub(const SyncPosition& position, const HelloResponse& hello) const;

  Replica& replica_;
  HubCalls& hub_;
  SyncSession& session_;
  HubIdentity identity_;
};

}  // namespace contextsync

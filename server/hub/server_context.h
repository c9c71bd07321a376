// ServerContext: what every connection of one server shares. Held by each of them, so that an
// answer that comes late from a worker finds it still there.

#pragma once

#include <memory>

#include "core/hub/token_registry.h"
#include "core/ports/clock.h"
#include "server/hub/connections.h"
#include "server/hub/hub_api.h"
#include "server/hub/request_gate.h"
#include "server/hub/tuning.h"

namespace contextsync {

struct ServerContext {
  const HubTuning tuning;
  Clock& clock;
  TokenRegistry* const tokens;  // null: no authentication
  const std::shared_ptr<Connections> connections;
  RequestGate gate;
  HubApi api;
  bool is_stopping = false;  // io thread
};

}  // namespace contextsync

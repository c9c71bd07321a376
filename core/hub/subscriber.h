// Subscriber: one reader of a workspace's events.

#pragma once

#include "core/ports/hub_messages.h"

namespace contextsync {

/// Receives one workspace's frames in commit order, never concurrently, on a worker thread; must
/// not block (it queues; when its queue is full it replaces it by one `lagged`).
class Subscriber {
 public:
  virtual ~Subscriber() = default;
  virtual void OnFrame(const EventFrame& frame) = 0;
};

}  // namespace contextsync

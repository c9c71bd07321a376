// FanOut: the subscribers of one workspace and what they are sent. Source:
// docs/sync_protocol.md#events

#pragma once

#include <memory>
#include <vector>

#include "core/hub/hub_stage.h"
#include "core/hub/subscriber.h"

namespace contextsync {

/// A subscriber that is further behind is told so instead of being sent the items.
inline constexpr std::uint64_t kBacklogItems = 256;

/// Delta and records travel in an event when they are no larger than this together, as JSON; else
/// they are pulled.
inline constexpr std::size_t kInlineBytes = 8 * limits::kKiB;

/// Thread-safety: the workspace's strand only.
class FanOut {
 public:
  /// Sends `ready`, the backlog or `lagged`, and from then on all that is published. Precondition:
  /// `head` is what the store holds now.
  ///
  /// Errors: of the store; then nobody was added.
  Status Add(std::weak_ptr<Subscriber> subscriber, const EventsRequest& request,
             const EventFrame& ready, HubStore& store, const WorkspaceId& workspace);

  /// Sends committed items, in order.
  void Publish(const Epoch& epoch, const std::vector<std::shared_ptr<const StoredItem>>& items);

  /// Sends one frame to all.
  void Broadcast(const EventFrame& frame);

  [[nodiscard]] bool empty() const { return members_.empty(); }

 private:
  struct Member {
    std::weak_ptr<Subscriber> subscriber;
    DeviceId device;
    HubSequence last;  // the item sent last
  };

  static void Send(Member& member, Subscriber& subscriber, EventFrame frame,
                   const StoredItem& item);
  void DropGone();

  std::vector<Member> members_;
};

}  // namespace contextsync

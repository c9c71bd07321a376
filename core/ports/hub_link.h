// HubLink: the notebook's requests to its hub, one blocking call each. EventChannel: the hub's
// events.

#pragma once

#include "core/ports/clock.h"
#include "core/ports/hub_messages.h"

namespace contextsync {

/// Thread-safety: one caller at a time per object.
/// Every call returns by `deadline` at the latest; a call that timed out may still take effect at
/// the hub.
class HubLink {
 public:
  virtual ~HubLink() = default;

  virtual HubReply<HelloResponse> Hello(const HelloRequest& request, Clock::Instant deadline) = 0;
  virtual HubReply<PushResponse> Push(const PushRequest& request, Clock::Instant deadline) = 0;
  virtual HubReply<ChangesPage> Changes(const ChangesRequest& request, Clock::Instant deadline) = 0;
  virtual HubReply<SnapshotPage> Snapshot(const SnapshotRequest& request,
                                          Clock::Instant deadline) = 0;

  /// Makes a running call return soon with kTransport. Any thread.
  virtual void Cancel() = 0;
};

/// Receives what the channel hears, in order, never concurrently. Must not block.
class EventListener {
 public:
  virtual ~EventListener() = default;

  /// `received_at` is Clock::BootTime() when the frame left the socket.
  virtual void OnFrame(EventFrame frame, std::chrono::milliseconds received_at) = 0;

  /// The channel is closed, refused or timed out; nothing follows until the next Open.
  virtual void OnClosed(const HubFailure& failure) = 0;
};

/// The WebSocket. It only speeds things up: any frame may be lost, the pull by cursor is what is
/// correct. Thread-safety: any thread; calls return at once.
class EventChannel {
 public:
  virtual ~EventChannel() = default;

  /// Starts one connection attempt; ends in frames or in OnClosed. Closes what was open, silently.
  virtual void Open(const EventsRequest& request, EventListener& listener) = 0;

  /// No listener call is running or follows after it returned.
  virtual void Close() = 0;
};

}  // namespace contextsync

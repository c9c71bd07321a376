// EventFeed: the subscriber behind one WebSocket. Commits fill it on worker threads, the socket
// empties it on the io thread; neither waits for the other.

#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/base/mutex.h"
#include "core/hub/hub_service.h"
#include "core/ports/clock.h"
#include "server/hub/outbox.h"
#include "server/hub/tuning.h"

namespace contextsync {

/// Thread-safety: any thread.
class EventFeed final : public Subscriber {
 public:
  EventFeed(const Clock& clock, const HubTuning& tuning)
      : clock_(clock), outbox_(tuning.outbox_frames, tuning.outbox_bytes) {}

  void OnFrame(const EventFrame& frame) override;

  /// From now on `wake` is called, on any thread, whenever there is something to take after Take
  /// gave nothing. It must only post. Called at once when frames wait already.
  void Open(const std::function<void()>& wake);

  std::optional<std::string> Take();

  /// Since when the reader has been behind; nothing while it keeps up.
  [[nodiscard]] std::optional<Clock::Instant> BehindSince() const;

 private:
  const Clock& clock_;
  mutable Mutex mu_;
  Outbox outbox_ GUARDED_BY(mu_);
  std::function<void()> wake_ GUARDED_BY(mu_);
  bool reader_waits_ GUARDED_BY(mu_) = false;
  std::optional<Clock::Instant> behind_since_ GUARDED_BY(mu_);
};

}  // namespace contextsync

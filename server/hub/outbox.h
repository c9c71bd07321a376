// Outbox: the frames one subscriber has not been sent yet. Bounded by forgetting: a reader that
// falls behind finds one `lagged` instead of what it missed, and pulls. Source:
// docs/sync_protocol.md#slow-consumers

#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>

#include "core/base/ids.h"
#include "core/ports/hub_messages.h"

namespace contextsync {

/// Thread-safety: none.
class Outbox {
 public:
  Outbox(std::size_t max_frames, std::size_t max_bytes)
      : max_frames_(max_frames), max_bytes_(max_bytes) {}

  /// Appends a frame, written out as `text`. When it does not fit, everything waiting is dropped
  /// for one `lagged` with the newest sequence the dropped frames told of. `ready` takes no room
  /// and is never dropped: without it the reader would not know that it is connected.
  void Push(std::string text, const EventFrame& frame);

  std::optional<std::string> Pop();

  [[nodiscard]] bool empty() const { return !ready_ && frames_.empty(); }

  /// True from an overflow until the box was empty again.
  [[nodiscard]] bool overflowed() const { return overflowed_; }

 private:
  const std::size_t max_frames_;
  const std::size_t max_bytes_;
  std::deque<std::string> frames_;
  std::size_t bytes_ = 0;
  std::optional<std::string> ready_;  // comes before all others
  Epoch epoch_;                       // of the last frame
  HubSequence head_;                  // the newest of all its frames so far
  bool overflowed_ = false;
};

}  // namespace contextsync

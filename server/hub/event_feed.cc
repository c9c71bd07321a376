#include "server/hub/event_feed.h"

#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/ports/hub_wire.h"

namespace contextsync {

namespace {

HubSequence HeadOf(const EventFrame& frame) {
  return frame.type == EventFrame::Type::kChanged ? frame.item.seq : frame.head;
}

/// What tells two frames apart: an epoch belongs to one workspace alone, and within it an item,
/// what came before it and how much of it is told decide the rest.
auto KeyOf(const EventFrame& frame) {
  return std::tuple(frame.type, frame.epoch, HeadOf(frame), frame.prev, frame.check,
                    frame.server_time, frame.item.hash, frame.item.has_delta,
                    frame.item.conflicts.size());
}

/// A fan-out hands the same frame to one socket after the other: it is written out for the first.
const std::string& TextOf(const EventFrame& frame) {
  struct Last {
    decltype(KeyOf(EventFrame())) key;
    std::string text;
  };
  thread_local Last last;
  if (auto key = KeyOf(frame); last.text.empty() || last.key != key) {
    last.text = CompactText(ToJson(frame));
    last.key = std::move(key);
  }
  return last.text;
}

}  // namespace

void EventFeed::OnFrame(const EventFrame& frame) {
  std::string text = TextOf(frame);
  std::function<void()> wake;
  {
    const MutexLock lock(mu_);
    outbox_.Push(std::move(text), frame);
    if (outbox_.overflowed() && !behind_since_) behind_since_ = clock_.Now();
    if (std::exchange(reader_waits_, false)) wake = wake_;
  }
  if (wake) wake();
}

void EventFeed::Open(const std::function<void()>& wake) {
  {
    const MutexLock lock(mu_);
    wake_ = wake;
    reader_waits_ = outbox_.empty();
    if (reader_waits_) return;
  }
  wake();
}

std::optional<std::string> EventFeed::Take() {
  const MutexLock lock(mu_);
  std::optional<std::string> frame = outbox_.Pop();
  if (!frame) {
    reader_waits_ = true;
    behind_since_.reset();
  }
  return frame;
}

std::optional<Clock::Instant> EventFeed::BehindSince() const {
  const MutexLock lock(mu_);
  return behind_since_;
}

}  // namespace contextsync

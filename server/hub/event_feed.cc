#include "server/hub/event_feed.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "core/ports/hub_wire.h"

namespace contextsync {

namespace {

HubSequence HeadOf(const EventFrame& frame) {
  return frame.type == EventFrame::Type::kChanged ? frame.item.seq : frame.head;
}

}  // namespace

void EventFeed::OnFrame(const EventFrame& frame) {
  std::string text = CompactText(ToJson(frame));
  std::function<void()> wake;
  {
    const MutexLock lock(mu_);
    outbox_.Push(std::move(text), HeadOf(frame));
    if (outbox_.overflowed() && !behind_since_) behind_since_ = clock_.Now();
    if (std::exchange(reader_waits_, false)) wake = wake_;
  }
  if (wake) wake();
}

void EventFeed::Open(std::function<void()> wake) {
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

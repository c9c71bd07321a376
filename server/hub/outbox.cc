#include "server/hub/outbox.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/ports/hub_wire.h"

namespace contextsync {

namespace {

std::string LaggedFrame(const Epoch& epoch, HubSequence head) {
  EventFrame frame;
  frame.type = EventFrame::Type::kLagged;
  frame.epoch = epoch;
  frame.head = head;
  return CompactText(ToJson(frame));
}

HubSequence NewestIn(const EventFrame& frame) {
  return frame.type == EventFrame::Type::kChanged ? frame.item.seq : frame.head;
}

}  // namespace

void Outbox::Push(std::string text, const EventFrame& frame) {
  head_ = epoch_ == frame.epoch ? std::max(head_, NewestIn(frame)) : NewestIn(frame);
  epoch_ = frame.epoch;
  if (frame.type == EventFrame::Type::kReady) {
    ready_ = std::move(text);
    return;
  }
  if (frames_.size() >= max_frames_ || bytes_ + text.size() > max_bytes_) {
    frames_.clear();
    bytes_ = 0;
    overflowed_ = true;
    text = LaggedFrame(epoch_, head_);
  }
  bytes_ += text.size();
  frames_.push_back(std::move(text));
}

std::optional<std::string> Outbox::Pop() {
  if (ready_) return std::exchange(ready_, std::nullopt);
  if (frames_.empty()) {
    overflowed_ = false;
    return std::nullopt;
  }
  std::string frame = std::move(frames_.front());
  frames_.pop_front();
  bytes_ -= frame.size();
  return frame;
}

}  // namespace contextsync

#include "server/hub/outbox.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/ports/hub_wire.h"

namespace contextsync {

namespace {

std::string LaggedFrame(HubSequence head) {
  EventFrame frame;
  frame.type = EventFrame::Type::kLagged;
  frame.head = head;
  return CompactText(ToJson(frame));
}

}  // namespace

void Outbox::Push(std::string frame, HubSequence head) {
  head_ = std::max(head_, head);
  if (frames_.size() >= max_frames_ || bytes_ + frame.size() > max_bytes_) {
    frames_.clear();
    bytes_ = 0;
    overflowed_ = true;
    frame = LaggedFrame(head_);
  }
  bytes_ += frame.size();
  frames_.push_back(std::move(frame));
}

std::optional<std::string> Outbox::Pop() {
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

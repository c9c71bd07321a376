#include "core/hub/fan_out.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/document/codec.h"
#include "core/document/wire.h"
#include "core/ports/hub_parts.h"
#include "core/ports/hub_wire.h"

namespace contextsync {

namespace {

constexpr std::size_t kQuotesAndComma = 3;

std::size_t WireBytes(const FeedItem& item) {
  std::size_t bytes = CompactText(DeltaToWire(item.delta)).size();
  bytes += CompactText(DropsToJson(item.drops)).size();
  for (const ConflictRecord& record : item.conflicts)
    bytes += CompactText(ToJson(record)).size();
  for (const std::string& id : item.forgotten)
    bytes += id.size() + kQuotesAndComma;
  return bytes;
}

bool FitsInline(const FeedItem& item) {
  if (item.kind == kPurging)
    return false;  // rare, and as long as what it takes out was often written
  // The stored form is never larger than the JSON: what is too large here need not be written out.
  if (EncodeState(item.delta).size() > kInlineBytes) return false;
  if (EncodeDrops(item.drops).size() > kInlineBytes) return false;
  return WireBytes(item) <= kInlineBytes;
}

/// The event of `item` for other devices than the one that wrote it.
EventFrame MakeChanged(const Epoch& epoch, const StoredItem& item) {
  EventFrame frame;
  frame.type = EventFrame::Type::kChanged;
  frame.epoch = epoch;
  frame.check = item.check;
  frame.item = item.item;
  if (FitsInline(item.item)) return frame;
  frame.item.has_delta = false;
  frame.item.delta = Delta{};
  frame.item.drops.clear();
  frame.item.forgotten.clear();
  frame.item.purge = {};
  frame.item.conflicts.clear();
  return frame;
}

EventFrame MakeLagged(const EventFrame& ready) {
  EventFrame frame = ready;
  frame.type = EventFrame::Type::kLagged;
  return frame;
}

}  // namespace

void FanOut::Send(Member& member, Subscriber& subscriber, EventFrame frame,
                  const StoredItem& item) {
  frame.prev = std::exchange(member.last, item.item.seq);
  if (member.device == item.item.device) {
    // It has the delta; the records it cannot know, and without the delta it would not know that
    // they are missing.
    frame.item.has_delta = false;
    frame.item.delta = Delta{};
    frame.item.conflicts = item.item.conflicts;
  }
  subscriber.OnFrame(frame);
}

Status FanOut::Add(std::weak_ptr<Subscriber> subscriber, const EventsRequest& request,
                   const EventFrame& ready, HubStore& store, const WorkspaceId& workspace) {
  const std::shared_ptr<Subscriber> alive = subscriber.lock();
  if (!alive) return {};
  Member member = {std::move(subscriber), request.device, std::min(request.since, ready.head)};
  alive->OnFrame(ready);
  if (ready.head.value - member.last.value > kBacklogItems) {
    alive->OnFrame(MakeLagged(ready));
    member.last = ready.head;
  }
  while (member.last < ready.head) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const FeedSlice slice,
                                 store.ReadFeed(workspace, member.last, ReadBounds{}));
    if (slice.items.empty()) return Error(ErrorCode::kCorruption, "the feed has a hole");
    for (const StoredItem& item : slice.items) {
      Send(member, *alive, MakeChanged(ready.epoch, item), item);
    }
  }
  members_.push_back(std::move(member));
  return {};
}

void FanOut::Publish(const Epoch& epoch,
                     const std::vector<std::shared_ptr<const StoredItem>>& items) {
  DropGone();
  if (members_.empty()) return;
  for (const auto& item : items) {
    const EventFrame frame = MakeChanged(epoch, *item);
    for (Member& member : members_) {
      if (const auto alive = member.subscriber.lock()) Send(member, *alive, frame, *item);
    }
  }
}

void FanOut::Broadcast(const EventFrame& frame) {
  DropGone();
  for (Member& member : members_) {
    if (const auto alive = member.subscriber.lock()) alive->OnFrame(frame);
  }
}

void FanOut::DropGone() {
  std::erase_if(members_, [](const Member& member) { return member.subscriber.expired(); });
}

}  // namespace contextsync

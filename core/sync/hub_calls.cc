#include "core/sync/hub_calls.h"

#include <algorithm>
#include <utility>

#include "core/sync/tuning.h"

namespace contextsync {
namespace {

// An answer that sends us elsewhere is still an answer; these are the ways to get none.
bool IsOutage(HubFault fault) {
  return fault == HubFault::kTransport || fault == HubFault::kTimeout ||
         fault == HubFault::kRetryLater;
}

}  // namespace

template <typename Response, typename Call>
HubReply<Response> HubCalls::Timed(Call call) {
  if (stopped_.load()) return HubFailure{};  // kTransport
  const auto sent = clock_.BootTime();
  const Clock::Instant begun = clock_.Now();
  board_.BeginExchange();
  HubReply<Response> reply = call(begun + sync_tuning::kRequestTimeout);
  board_.RecordExchange(clock_.Now() - begun, reply.ok() || !IsOutage(reply.failure().fault));
  if (!reply.ok()) return reply;
  hub_clock_.Add({reply.value().server_time, sent, clock_.BootTime()});
  Note({sent, reply.value().epoch, reply.value().head});
  return reply;
}

void HubCalls::Hear(const EventFrame& frame) {
  if (!hub_clock_.known()) return;
  const bool is_item = frame.type == EventFrame::Type::kChanged;
  // An item's own time is when it was numbered; its frame may have waited since.
  const UnixMillis spoken = is_item ? frame.item.timestamp : frame.server_time;
  if (spoken == 0) return;
  // It cannot have been emitted after it was seen; a skewed offset must not make us younger.
  const auto at = std::min(hub_clock_.BootAt(spoken), clock_.BootTime());
  Note({at, frame.epoch, is_item ? frame.item.seq : frame.head});
}

void HubCalls::Note(HubWord word) {
  if (word.at < word_.at) return;
  replica_.HubSpoke(word);
  word_ = std::move(word);
}

HubReply<HelloResponse> HubCalls::Hello(const HelloRequest& request) {
  return Timed<HelloResponse>(
      [&](Clock::Instant deadline) { return link_.Hello(request, deadline); });
}

HubReply<PushResponse> HubCalls::Push(const PushRequest& request) {
  return Timed<PushResponse>(
      [&](Clock::Instant deadline) { return link_.Push(request, deadline); });
}

HubReply<ChangesPage> HubCalls::Changes(const ChangesRequest& request) {
  return Timed<ChangesPage>(
      [&](Clock::Instant deadline) { return link_.Changes(request, deadline); });
}

HubReply<SnapshotPage> HubCalls::Snapshot(const SnapshotRequest& request) {
  return Timed<SnapshotPage>(
      [&](Clock::Instant deadline) { return link_.Snapshot(request, deadline); });
}

std::int64_t HubCalls::WallOffset() const {
  return hub_clock_.known() ? hub_clock_.At(clock_.BootTime()) - clock_.WallMillis() : 0;
}

void HubCalls::Stop() {
  stopped_.store(true);
  link_.Cancel();
}

}  // namespace contextsync

#include "core/sync/puller.h"

#include <algorithm>
#include <utility>

#include "core/base/failpoint.h"
#include "core/base/log.h"

namespace contextsync {
namespace {

// Parts of one transaction become visible together, so a lone part is never applied.
bool IsComplete(const FeedItem& item) {
  return item.has_delta && !(item.tx.has_value() && item.tx->count > 1);
}

}  // namespace

Exchange Puller::Run() {
  const SyncPosition position = replica_.Position();
  PassFailpoint(Failpoint::kPullSending);
  auto reply = hub_.Changes({.device = position.device,
                             .since = position.cursor,
                             .claim = position.claim,
                             .limit = page_items_});
  if (!reply.ok()) return OnFailure(std::move(reply).failure());
  PassFailpoint(Failpoint::kPullAnswered);
  const ChangesPage& page = reply.value();
  session_.head = std::max(session_.head, page.head);
  if (page.more && page.next <= position.cursor) return Exchange::BackOff("HUB_INVALID");
  Exchange applied = Apply(page);
  if (applied.result == Exchange::Result::kDone) session_.pull = page.more;
  if (!session_.pull) page_items_ = limits::kPageItems;
  return applied;
}

Exchange Puller::OnFailure(HubFailure failure) {
  if (auto detour = TakeDetour(failure, replica_, session_)) return *detour;
  if (failure.fault == HubFault::kUpgradeRequired) return StopBefore(FeedStop::kUpgradeRequired);
  if (failure.fault == HubFault::kHubInvalid) return StopBefore(FeedStop::kHubInvalid);
  return Exchange::HubFailed(std::move(failure));
}

Exchange Puller::StopBefore(FeedStop stop) {
  // Take what comes before the item at fault, then stop there: nothing is skipped.
  if (page_items_ > 1) {
    page_items_ /= 2;
    session_.pull = true;
    return Exchange::Resize();
  }
  CONTEXTSYNC_LOG(kWarning, "the feed holds what this build cannot take; pulling stops",
                  {{"unknown", stop == FeedStop::kUpgradeRequired}});
  page_items_ = limits::kPageItems;
  session_.feed_stop = stop;
  session_.pull = false;
  return Exchange::Nothing();
}

Exchange Puller::Apply(const ChangesPage& page) {
  auto applied = replica_.ApplyPage(page);
  if (!applied.ok()) return Exchange::LocalFailed(std::move(applied).error());
  const PageEffects& effects = applied.value();
  session_.pulled += effects.applied;
  session_.rebuilds.insert(effects.rebuild.begin(), effects.rebuild.end());
  if (!effects.rebuild.empty()) {
    session_.awaits_records = true;
    session_.restamp = replica_.Position().restamp_from;
  }
  if (effects.forked) return LeaveFork(replica_, session_);
  if (effects.stop != FeedStop::kNone) return StopBefore(effects.stop);
  if (effects.hole) {
    session_.pull = true;
    return Exchange::Detour();
  }
  return Exchange::Done();
}

Exchange Puller::OnChanged(const EventFrame& frame) {
  const SyncPosition position = replica_.Position();
  session_.head = std::max(session_.head, frame.item.seq);
  const bool is_stopped = session_.feed_stop != FeedStop::kNone;
  if (frame.item.seq <= position.cursor || is_stopped) return Exchange::Nothing();
  // While contexts are fetched one by one for a restamping, the cursor stands still.
  const bool is_next = frame.prev == position.cursor && !session_.restamp;
  if (!is_next || !IsComplete(frame.item)) {
    session_.pull = true;
    return Exchange::Nothing();
  }
  Exchange applied = Apply({.changes = {frame.item},
                            .next = frame.item.seq,
                            .check = frame.check,
                            .more = false,
                            .head = frame.item.seq,
                            .epoch = frame.epoch,
                            .server_time = frame.server_time});
  if (applied.result != Exchange::Result::kDone) session_.pull = true;
  return applied;
}

}  // namespace contextsync

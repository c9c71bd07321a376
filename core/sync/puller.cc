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
  const Exchange applied = Apply(page);
  if (applied.result == Exchange::Result::kDone) session_.pull = page.more;
  if (!session_.pull) page_items_ = limits::kPageItems;
  return applied;
}

Exchange Puller::OnFailure(HubFailure failure) {
  if (auto detour = TakeDetour(failure, replica_, session_)) return *detour;
  if (failure.fault != HubFault::kUpgradeRequired) return Exchange::HubFailed(std::move(failure));
  // Something in the page is unknown to this build. Take what comes before it, then stop there.
  if (page_items_ > 1) {
    page_items_ /= 2;
    return Exchange::Resize();
  }
  CONTEXTSYNC_LOG(kWarning, "the feed holds what this build cannot read; pulling stops");
  page_items_ = limits::kPageItems;
  session_.upgrade_required = true;
  session_.pull = false;
  return Exchange::Nothing();
}

Exchange Puller::Apply(const ChangesPage& page) {
  auto applied = replica_.ApplyPage(page);
  if (!applied.ok()) return Exchange::LocalFailed(std::move(applied).error());
  const PageEffects& effects = applied.value();
  session_.pulled += effects.applied;
  session_.rebuilds.insert(effects.rebuild.begin(), effects.rebuild.end());
  if (!effects.rebuild.empty()) session_.awaits_records = true;
  if (effects.forked) return LeaveFork(replica_, session_);
  if (effects.hole) {
    session_.pull = true;
    return Exchange::Detour();
  }
  return Exchange::Done();
}

Exchange Puller::OnChanged(const EventFrame& frame) {
  const SyncPosition position = replica_.Position();
  session_.head = std::max(session_.head, frame.item.seq);
  if (frame.item.seq <= position.cursor || session_.upgrade_required) return Exchange::Nothing();
  if (frame.prev != position.cursor || !IsComplete(frame.item)) {
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

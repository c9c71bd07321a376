#include "core/sync/restamping.h"

#include <algorithm>
#include <utility>

#include "core/base/log.h"

namespace contextsync {

Exchange Restamping::Run() {
  if (from_ != *session_.restamp) pages_.clear();
  from_ = *session_.restamp;
  auto contexts = replica_.ContextsToRestamp(from_);
  if (!contexts.ok()) return Exchange::LocalFailed(std::move(contexts).error());
  const auto missing =
      std::find_if(contexts.value().begin(), contexts.value().end(),
                   [this](const ContextRef& context) { return !pages_.contains(context); });
  return missing == contexts.value().end() ? Restamp() : Fetch(*missing);
}

Exchange Restamping::Fetch(const ContextRef& context) {
  const SyncPosition position = replica_.Position();
  auto reply = hub_.Snapshot(
      {.device = position.device, .claim = position.claim, .after = {}, .context = context});
  if (!reply.ok()) {
    pages_.clear();
    if (auto detour = TakeDetour(reply.failure(), replica_, session_)) return *detour;
    return Exchange::HubFailed(std::move(reply).failure());
  }
  pages_.emplace(context, std::move(reply).value());
  return Exchange::Done();
}

Exchange Restamping::Restamp() {
  const RestampOrder order{from_, hub_.WallOffset(), std::exchange(pages_, {})};
  auto done = replica_.Restamp(order);
  session_.rebuild_lacks_something = !done.ok() && done.error().code() == ErrorCode::kConflict;
  if (session_.rebuild_lacks_something) {
    session_.pull = session_.hello = true;
    return Exchange::BackOff();
  }
  if (!done.ok()) return Exchange::LocalFailed(std::move(done).error());
  CONTEXTSYNC_LOG(kInfo, "own writes were restamped",
                  {{"from", from_.value}, {"offset_ms", order.clock_offset_ms}});
  const SyncPosition position = replica_.Position();
  session_.restamp = position.restamp_from;
  session_.rebuilds = {position.rebuild.begin(), position.rebuild.end()};
  session_.push = true;
  session_.pull = true;
  return Exchange::Done();
}

}  // namespace contextsync

#include "core/sync/pusher.h"

#include <algorithm>
#include <utility>

#include "core/base/failpoint.h"
#include "core/base/log.h"
#include "core/sync/tuning.h"

namespace contextsync {

Exchange Pusher::Run() {
  // Position first: an entry written after it is at or above next_n and so never taken for settled.
  const SyncPosition position = replica_.Position();
  auto batch = replica_.NextPush(BatchEntries(), session_.limits.batch_bytes);
  if (!batch.ok()) return Exchange::LocalFailed(std::move(batch).error());
  const std::vector<PushEntry>& entries = batch.value();
  session_.checkpoint.OnUnsettledFrom(entries.empty() ? position.next_n : entries.front().n);
  if (entries.empty()) {
    session_.push = false;
    return Exchange::Nothing();
  }
  if (resend_from_ && *resend_from_ < entries.front().n) {
    CONTEXTSYNC_LOG(kWarning, "the hub misses an entry that is gone here; joining histories anew",
                    {{"n", resend_from_->value}});
    resend_from_.reset();
    session_.adopt_anyway = true;
    session_.open = false;
    session_.hello = true;
    return Exchange::Detour();
  }
  PassFailpoint(Failpoint::kPushSending);
  auto reply = hub_.Push({.device = position.device,
                          .former = position.former,
                          .acked_n = position.acked_n,
                          .low_base = position.low_base,
                          .cursor = position.durable_cursor,
                          .claim = position.claim,
                          .entries = entries});
  if (!reply.ok()) return OnFailure(std::move(reply).failure(), entries.size());
  PassFailpoint(Failpoint::kPushAnswered);
  failures_in_a_row_ = 0;
  return OnAnswer(reply.value(), entries);
}

std::size_t Pusher::BatchEntries() const {
  return halved_to_.value_or(static_cast<std::size_t>(session_.limits.batch_entries));
}

Exchange Pusher::OnFailure(HubFailure failure, std::size_t sent) {
  if (auto detour = TakeDetour(failure, replica_, session_)) return *detour;
  switch (failure.fault) {
    case HubFault::kTooLarge:
    case HubFault::kMalformed:
      // One entry of many may be at fault: find it. A single one is shown and tried again later.
      if (Halve(sent)) return Exchange::Resize();
      break;
    case HubFault::kTimeout:
    case HubFault::kRetryLater:
      // A batch that is too much for the link or the hub must not block the journal for ever.
      if (++failures_in_a_row_ % sync_tuning::kBusyHalving == 0) Halve(sent);
      break;
    default:
      break;
  }
  return Exchange::HubFailed(std::move(failure));
}

bool Pusher::Halve(std::size_t sent) {
  if (sent < 2) return false;
  halved_to_ = sent / 2;
  return true;
}

Exchange Pusher::OnAnswer(const PushResponse& response, const std::vector<PushEntry>& sent) {
  auto noted = replica_.NoteResults(response);
  if (!noted.ok()) return Exchange::LocalFailed(std::move(noted).error());
  const PushEffects& effects = noted.value();
  for (const PushResult& result : response.results) {
    if (result.status == PushStatus::kRejected) session_.checkpoint.OnRefused(result.n);
  }
  NoteSettled(effects, sent);
  session_.rebuilds.insert(effects.rebuild.begin(), effects.rebuild.end());
  if (effects.needs_pull) session_.pull = true;
  if (effects.touched_records) session_.awaits_records = true;
  session_.head = std::max(session_.head, response.head);
  resend_from_ = effects.resend_from;
  if (effects.clock_skew) {
    session_.hello = true;  // renews the clock offset
    return Exchange::BackOff("CLOCK_SKEW");
  }
  if (effects.retry) return Exchange::BackOff();
  if (effects.resend_from) return Exchange::Detour();
  if (effects.confirmed + effects.parked == 0) return Exchange::BackOff("HUB_INVALID");
  if (halved_to_) *halved_to_ *= 2;
  if (halved_to_ && *halved_to_ >= session_.limits.batch_entries) halved_to_.reset();
  return Exchange::Done();
}

void Pusher::NoteSettled(const PushEffects& effects, const std::vector<PushEntry>& sent) {
  session_.pushed += effects.confirmed;
  if (effects.confirmed + effects.parked < sent.size()) return;
  session_.checkpoint.OnUnsettledFrom(sent.back().n.Next());
}

}  // namespace contextsync

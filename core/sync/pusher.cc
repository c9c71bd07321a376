#include "core/sync/pusher.h"

#include <algorithm>
#include <utility>

#include "core/base/failpoint.h"
#include "core/base/log.h"
#include "core/sync/tuning.h"

namespace contextsync {

namespace {

/// They stand or fall together: one entry, or the parts of one transaction.
bool IsOneUnit(const std::vector<PushEntry>& entries) {
  const auto& tx = entries.front().tx;
  return entries.size() == 1 ||
         (tx && std::all_of(entries.begin(), entries.end(), [&tx](const PushEntry& entry) {
            return entry.tx && entry.tx->id == tx->id;
          }));
}

/// The hub, or what stands before it, failed at what was sent; it did not ask to be left alone.
bool IsServerFailure(const HubFailure& failure) {
  return failure.fault == HubFault::kTimeout || failure.fault == HubFault::kMalformed ||
         (failure.fault == HubFault::kRetryLater && !failure.retry_after);
}

}  // namespace

Exchange JournalPusher::Run() {
  // Position first: an entry written after it is at or above next_n and so never taken for settled.
  const SyncPosition position = replica_.Position();
  auto batch = replica_.NextPush(BatchEntries(), session_.limits.batch_bytes);
  if (!batch.ok()) return Exchange::LocalFailed(std::move(batch).error());
  Entries& entries = batch.value();
  SetApart(entries);
  session_.checkpoint.OnUnsettledFrom(entries.empty() ? position.next_n : entries.front().n);
  if (entries.empty()) {
    session_.push = false;
    return Exchange::Nothing();
  }
  const auto given_up = GiveUpSuspect(entries);
  if (!given_up.ok()) return Exchange::LocalFailed(given_up.error());
  if (given_up.value()) return Exchange::Resize();
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
  if (!reply.ok()) return OnFailure(std::move(reply).failure(), entries);
  PassFailpoint(Failpoint::kPushAnswered);
  failures_in_a_row_ = 0;
  return OnAnswer(reply.value(), entries);
}

std::size_t JournalPusher::BatchEntries() const {
  return halved_to_.value_or(static_cast<std::size_t>(session_.limits.batch_entries));
}

Exchange JournalPusher::OnFailure(HubFailure failure, const Entries& sent) {
  if (auto detour = TakeDetour(failure, replica_, session_)) return *detour;
  const bool may_be_one_of_many =
      failure.fault == HubFault::kTooLarge || failure.fault == HubFault::kMalformed;
  if (may_be_one_of_many && Halve(sent)) return Exchange::Resize();
  if (failure.fault == HubFault::kTooLarge && sent.front().op != EntryOp::kSkip) {
    for (const PushEntry& entry : sent) {
      auto given_up = replica_.GiveUp(entry.n, "too_large");
      if (!given_up.ok()) return Exchange::LocalFailed(std::move(given_up).error());
    }
    return Exchange::Resize();
  }
  if (IsServerFailure(failure)) OnServerFailure(sent);
  return Exchange::HubFailed(std::move(failure));
}

void JournalPusher::OnServerFailure(const Entries& sent) {
  ++failures_in_a_row_;
  // A batch that is too much for the link or the hub must not block the journal for ever.
  if (failures_in_a_row_ >= sync_tuning::kFailuresToHalve && Halve(sent)) {
    failures_in_a_row_ = 0;
    return;
  }
  const bool is_alone = IsOneUnit(sent) && sent.front().op != EntryOp::kSkip;
  const bool is_enough =
      WasSuspect(sent.front()) || failures_in_a_row_ >= sync_tuning::kFailuresToSuspect;
  if (!is_alone || !is_enough) return;
  // Is it the entry, or is the hub down? A hello tells.
  suspect_ = Suspect{sent.front().id, session_.greetings};
  session_.hello = true;
}

Result<bool> JournalPusher::GiveUpSuspect(const Entries& next) {
  const auto suspect = std::exchange(suspect_, std::nullopt);
  const bool is_it = suspect && suspect->id == next.front().id;
  if (!is_it || session_.greetings == suspect->greetings) return false;
  CONTEXTSYNC_LOG(kWarning, "an entry does not get through and is put aside",
                  {{"n", next.front().n.value}});
  for (const PushEntry& entry : next) {
    const bool is_part = entry.tx && next.front().tx && entry.tx->id == next.front().tx->id;
    if (entry.n != next.front().n && !is_part) break;
    CONTEXTSYNC_RETURN_IF_ERROR(replica_.GiveUp(entry.n, "suspect"));
    given_up_.insert(entry.id);
  }
  failures_in_a_row_ = 0;
  return true;
}

bool JournalPusher::WasSuspect(const PushEntry& entry) const {
  return entry.op != EntryOp::kSkip && given_up_.contains(entry.id);
}

/// One that was given up before goes alone, with its transaction; what comes before it goes first.
void JournalPusher::SetApart(Entries& next) const {
  const auto suspect = std::find_if(next.begin(), next.end(),
                                    [this](const PushEntry& entry) { return WasSuspect(entry); });
  if (suspect == next.end()) return;
  auto end = suspect;
  if (suspect == next.begin()) {
    end = std::find_if(next.begin() + 1, next.end(), [&next](const PushEntry& entry) {
      return !entry.tx || !next.front().tx || entry.tx->id != next.front().tx->id;
    });
  }
  next.erase(end, next.end());
}

bool JournalPusher::Halve(const Entries& sent) {
  if (IsOneUnit(sent)) return false;
  if (!halved_to_) halved_through_ = sent.back().n;
  halved_to_ = sent.size() / 2;
  return true;
}

/// Whole batches again once the one that failed is through, piece by piece.
void JournalPusher::Grow(const Entries& sent) {
  if (halved_to_ && sent.back().n >= halved_through_) halved_to_.reset();
}

Exchange JournalPusher::OnAnswer(const PushResponse& response, const Entries& sent) {
  auto noted = replica_.NoteResults(response);
  if (!noted.ok()) return Exchange::LocalFailed(std::move(noted).error());
  const PushEffects& effects = noted.value();
  for (const PushResult& result : response.results) {
    if (result.status == PushStatus::kRejected) session_.checkpoint.OnRefused(result.n);
  }
  NoteSettled(effects, sent);
  session_.rebuilds.insert(effects.rebuild.begin(), effects.rebuild.end());
  if (!effects.rebuild.empty()) session_.restamp = replica_.Position().restamp_from;
  if (effects.needs_pull) session_.pull = true;
  if (effects.touched_records) session_.awaits_records = true;
  session_.head = std::max(session_.head, response.head);
  resend_from_ = effects.resend_from;
  if (effects.skewed_from) return OnSkew(*effects.skewed_from);
  if (effects.retry) return Exchange::BackOff();
  if (effects.resend_from) return Exchange::Detour();
  if (effects.confirmed + effects.parked == 0) return Exchange::BackOff("HUB_INVALID");
  Grow(sent);
  return Exchange::Done();
}

Exchange JournalPusher::OnSkew(EntryNumber from) {
  CONTEXTSYNC_LOG(kWarning, "the hub refuses writes as ahead of its clock", {{"from", from.value}});
  session_.restamp = from;
  Exchange restamp = Exchange::Detour();
  restamp.trouble = "CLOCK_SKEW";
  return restamp;
}

void JournalPusher::NoteSettled(const PushEffects& effects, const Entries& sent) {
  session_.pushed += effects.confirmed;
  if (effects.confirmed + effects.parked < sent.size()) return;
  session_.checkpoint.OnUnsettledFrom(sent.back().n.Next());
}

}  // namespace contextsync

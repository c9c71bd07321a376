#include "tests/unit/sync/fake_replica.h"

#include <algorithm>

namespace contextsync {

FakeReplica::FakeReplica() {
  position_.device = DeviceId(7);
  position_.next_n = EntryNumber(1);
  position_.claim.epoch = Epoch("e1");
}

EntryNumber FakeReplica::Write() {
  const std::lock_guard lock(mu_);
  PushEntry entry;
  entry.n = position_.next_n;
  entry.id = EntryId("entry-" + std::to_string(++ids_));
  entry.context = {Level::kTask, "t1"};
  position_.next_n = position_.next_n.Next();
  journal_.push_back(entry);
  return entry.n;
}

void FakeReplica::MoveTo(HubSequence cursor) {
  position_.cursor = cursor;
  position_.claim.known = cursor;
}

SyncPosition FakeReplica::Position() const {
  const std::lock_guard lock(mu_);
  SyncPosition position = position_;
  position.unsent = journal_.size();
  return position;
}

Result<std::vector<PushEntry>> FakeReplica::NextPush(std::size_t max_entries,
                                                     std::size_t /*max_bytes*/) const {
  const std::lock_guard lock(mu_);
  const auto count = static_cast<std::ptrdiff_t>(std::min(max_entries, journal_.size()));
  return std::vector<PushEntry>(journal_.begin(), journal_.begin() + count);
}

Status FakeReplica::TakeError() {
  if (!next_error_) return {};
  Error error = *next_error_;
  next_error_.reset();
  return error;
}

Result<PushEffects> FakeReplica::NoteResults(const PushResponse& response) {
  const std::lock_guard lock(mu_);
  CONTEXTSYNC_RETURN_IF_ERROR(TakeError());
  PushEffects effects;
  for (const PushResult& result : response.results)
    NoteResult(result, effects);
  if (effects.resend_from) effects.resend_from = response.last_n.Next();
  effects.rebuild = std::exchange(rebuild_next_, {});
  return effects;
}

void FakeReplica::NoteResult(const PushResult& result, PushEffects& effects) {
  if (result.status == PushStatus::kClockSkew && !effects.skewed_from)
    effects.skewed_from = result.n;
  effects.retry |= result.status == PushStatus::kRetry;
  if (result.status == PushStatus::kGap) effects.resend_from = result.n;
  const bool settled = result.status <= PushStatus::kRejected;
  if (!settled) return;
  std::erase_if(journal_, [&](const PushEntry& entry) { return entry.n == result.n; });
  position_.claim.known = std::max(position_.claim.known, result.seq);
  if (result.status == PushStatus::kRejected) {
    ++effects.parked;
    ++parked;
    return;
  }
  ++effects.confirmed;
  effects.touched_records |= result.status == PushStatus::kConflict;
  if (result.status == PushStatus::kAccepted && result.seq == position_.cursor.Next()) {
    position_.cursor = result.seq;
  } else {
    effects.needs_pull = true;
  }
}

Result<PageEffects> FakeReplica::ApplyPage(const ChangesPage& page) {
  const std::lock_guard lock(mu_);
  CONTEXTSYNC_RETURN_IF_ERROR(TakeError());
  PageEffects effects;
  effects.forked = std::exchange(forked_next_, false);
  for (const FeedItem& item : page.changes) {
    if (item.seq <= position_.cursor) continue;
    if (item.seq != position_.cursor.Next()) {
      effects.hole = true;
      return effects;
    }
    position_.cursor = item.seq;
    applied.push_back(item.seq);
    ++effects.applied;
    std::erase_if(journal_, [&](const PushEntry& entry) { return entry.id == item.id; });
  }
  position_.check = page.check;
  position_.claim.known = std::max(position_.claim.known, position_.cursor);
  return effects;
}

Status FakeReplica::InstallContext(const ContextRef& context, const SnapshotPage& /*page*/) {
  CONTEXTSYNC_RETURN_IF_ERROR(TakeError());
  rebuilt.push_back(context);
  std::erase(position_.rebuild, context);
  return {};
}

Status FakeReplica::AdoptEpoch(const HelloResponse& hello,
                               const std::vector<SnapshotPage>& snapshot) {
  CONTEXTSYNC_RETURN_IF_ERROR(TakeError());
  adopted_pages.push_back(snapshot.size());
  position_.claim.epoch = hello.epoch;
  if (!snapshot.empty()) MoveTo(snapshot.front().start);
  Renumber(hello.last_n.Next());
  return {};
}

Status FakeReplica::InstallSnapshot(const std::vector<SnapshotPage>& snapshot) {
  CONTEXTSYNC_RETURN_IF_ERROR(TakeError());
  installed_pages.push_back(snapshot.size());
  MoveTo(snapshot.front().start);
  return {};
}

Result<std::vector<ContextRef>> FakeReplica::ContextsToRestamp(EntryNumber from) const {
  const std::lock_guard lock(mu_);
  std::vector<ContextRef> contexts;
  for (const PushEntry& entry : journal_) {
    const bool is_new =
        std::find(contexts.begin(), contexts.end(), entry.context) == contexts.end();
    if (entry.n >= from && is_new) contexts.push_back(entry.context);
  }
  return contexts;
}

Status FakeReplica::Restamp(const RestampOrder& order) {
  const std::lock_guard lock(mu_);
  CONTEXTSYNC_RETURN_IF_ERROR(TakeError());
  restamped.push_back(order);
  return {};
}

Status FakeReplica::GiveUp(EntryNumber n, std::string_view code) {
  const std::lock_guard lock(mu_);
  given_up.emplace_back(n, code);
  for (PushEntry& entry : journal_) {
    if (entry.n == n) entry.op = EntryOp::kSkip;
  }
  return {};
}

Result<std::size_t> FakeReplica::OfferSuspects(bool all) {
  const std::lock_guard lock(mu_);
  offers.push_back(all);
  return std::size_t{0};
}

Status FakeReplica::TakeNewDevice() {
  CONTEXTSYNC_RETURN_IF_ERROR(TakeError());
  ++new_devices;
  position_.former.push_back(position_.device);
  position_.device = DeviceId(position_.device.value + 100);
  Renumber(EntryNumber(1));
  return {};
}

void FakeReplica::Renumber(EntryNumber first) {
  position_.next_n = first;
  for (PushEntry& entry : journal_) {
    entry.n = position_.next_n;
    position_.next_n = position_.next_n.Next();
  }
}

Status FakeReplica::NoteHub(HubSequence head, HubSequence /*gc_floor*/, std::int64_t offset_ms) {
  position_.head = head;
  clock_offset_ms = offset_ms;
  return {};
}

Status FakeReplica::Flush() {
  CONTEXTSYNC_RETURN_IF_ERROR(TakeError());
  ++flushes;
  return {};
}

}  // namespace contextsync

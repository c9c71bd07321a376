#include "tests/unit/notebook/tiny_hub.h"

#include <algorithm>
#include <utility>

#include <gtest/gtest.h>

#include "core/base/hash.h"
#include "core/document/codec.h"
#include "core/document/join.h"
#include "core/document/purge.h"

namespace contextsync::test {

FeedCheck TinyHub::CheckAt(HubSequence seq) const {
  std::string check = epoch_.substr(0, 16);
  for (std::size_t i = 0; i < seq.value; ++i)
    check = ShortHash(check + feed_[i].id.value);
  return FeedCheck(check);
}

/// An id stands for its item for ever, but a refusal only for the number it was given.
static bool IsAnswered(const PushResult& result, const PushEntry& entry) {
  return result.status != PushStatus::kRejected || result.n == entry.n;
}

PushResponse TinyHub::Push(const SyncPosition& from, const std::vector<PushEntry>& entries) {
  PushResponse response;
  for (const auto& entry : entries) {
    auto& last_n = last_n_[from.device];
    PushResult result;
    result.n = entry.n;
    if (entry.n > last_n.Next()) {
      result.status = PushStatus::kGap;
    } else if (const auto known = results_.find(entry.id.value);
               known != results_.end() && IsAnswered(known->second, entry)) {
      result = known->second;
      result.n = entry.n;
      if (result.status != PushStatus::kRejected) result.status = PushStatus::kDuplicate;
      last_n = std::max(last_n, entry.n);
    } else {
      result = Number(from.device, entry);
      last_n = entry.n;
    }
    response.results.push_back(result);
  }
  response.last_n = last_n_[from.device];
  response.head = head();
  response.epoch = Epoch(epoch_);
  return response;
}

PushResult TinyHub::Number(DeviceId device, const PushEntry& entry) {
  PushResult result;
  result.n = entry.n;
  if (rejects(entry)) {
    result.status = PushStatus::kRejected;
    result.code = refusal_code;
    return results_[entry.id.value] = result;
  }
  FeedItem item;
  item.seq = head().Next();
  item.kind = entry.op == EntryOp::kRepair    ? "repair"
              : entry.op == EntryOp::kResolve ? "resolve"
                                              : "delta";
  item.context = entry.context;
  item.change_type = "update";
  item.changed_by = entry.agent;
  // Its clock is at or beyond every stamp it lets in.
  item.timestamp = std::max(1'800'000'000'000 + static_cast<UnixMillis>(item.seq.value),
                            LargestStamp(entry.delta).hlc.millis());
  item.device = device;
  item.n = entry.n;
  item.id = entry.id;
  item.hash = entry.hash;
  item.tx = entry.tx;
  item.rev = item.seq;
  item.delta = entry.delta;
  if (entry.op == EntryOp::kPurge) TakeOut(entry.purge, item);
  result.status = entry.base >= revs_[entry.context] ? PushStatus::kAccepted : PushStatus::kMerged;
  if (const auto record_id = trims(entry, item.delta)) {
    item.hash = Sha256Hex("trimmed " + entry.hash);
    result.status = PushStatus::kConflict;
    result.conflicts = {*record_id};
    ConflictRecord record;
    record.id = *record_id;
    record.seq = record.rev = item.seq;
    record.context = entry.context;
    record.status = ConflictStatus::kOpen;
    item.conflicts = {record};
    records_.push_back(record);
  }
  for (auto& record : files(item)) {
    const auto is_same = [&](const ConflictRecord& known) { return known.id == record.id; };
    if (std::erase_if(records_, is_same) == 0) {
      result.status = PushStatus::kConflict;
      result.conflicts.push_back(record.id);
    }
    records_.push_back(record);
    item.conflicts.push_back(std::move(record));
  }
  Fold(item);
  feed_.push_back(item);
  result.seq = result.rev = item.seq;
  result.hash = item.hash;
  result.check = CheckAt(item.seq);
  return results_[entry.id.value] = result;
}

void TinyHub::TakeOut(Purge purge, FeedItem& item) {
  item.kind = item.change_type = kPurging;
  purge.before = purge.writes.empty() ? item.seq : HubSequence();
  for (FeedItem& known : feed_) {
    if (known.context != item.context) continue;
    if (purge.IsWhole()) AddWrites(purge.writes, WritesAt(known.delta, purge.path));
    ApplyPurge(known.delta, purge);
  }
  KeepPurge(purges_[item.context], purge);
  item.purge = std::move(purge);
}

void TinyHub::Collect(const ContextRef& ref, std::vector<Drop> drops,
                      std::vector<std::string> records) {
  FeedItem item;
  item.seq = head().Next();
  item.kind = item.change_type = kCollection;
  item.context = ref;
  item.source = "hub";
  item.device = DeviceId(99);
  item.id = EntryId("gc-" + std::to_string(item.seq.value));
  item.rev = revs_[ref];
  item.drops = std::move(drops);
  std::erase_if(records_, [&records](const ConflictRecord& record) {
    return std::find(records.begin(), records.end(), record.id) != records.end();
  });
  item.forgotten = std::move(records);
  Fold(item);
  feed_.push_back(item);
}

void TinyHub::Fold(const FeedItem& item) {
  Join(states_[item.context], item.delta);
  ApplyDrops(states_[item.context], item.drops);
  if (item.kind == kPurging) TakeOutOfState(item);
  if (item.kind == kCollection) return;
  revs_[item.context] = item.seq;
}

void TinyHub::TakeOutOfState(const FeedItem& purging) {
  State& state = states_[purging.context];
  ApplyPurge(state, purging.purge);
  if (purging.purge.IsWhole()) return;
  state = {};
  for (const FeedItem& known : feed_) {
    if (known.context != purging.context || known.seq >= purging.seq) continue;
    Join(state, known.delta);
    ApplyDrops(state, known.drops);
  }
}

ChangesPage TinyHub::Changes(HubSequence since, std::size_t limit) const {
  ChangesPage page;
  for (std::size_t i = since.value; i < feed_.size(); ++i) {
    const bool is_border = page.changes.empty() || !page.changes.back().tx ||
                           page.changes.back().tx->index + 1 == page.changes.back().tx->count;
    if (page.changes.size() >= limit && is_border) break;
    page.changes.push_back(feed_[i]);
  }
  page.next = page.changes.empty() ? since : page.changes.back().seq;
  page.check = CheckAt(page.next);
  page.head = head();
  page.more = page.next < head();
  page.epoch = Epoch(epoch_);
  return page;
}

SnapshotPage TinyHub::Snapshot() const {
  SnapshotPage page;
  page.start = page.head = head();
  page.check = CheckAt(head());
  page.epoch = Epoch(epoch_);
  page.conflicts = records_;
  for (const auto& [ref, state] : states_) {
    ContextSnapshot context;
    context.context = ref;
    context.state = state;
    if (const auto kept = purges_.find(ref); kept != purges_.end()) context.purges = kept->second;
    context.rev = revs_.at(ref);
    context.asof = head();
    page.hlc = std::max(page.hlc, LargestStamp(state).hlc);
    page.contexts.push_back(std::move(context));
  }
  return page;
}

SnapshotPage TinyHub::SnapshotOf(const ContextRef& ref) const {
  SnapshotPage page = Snapshot();
  std::erase_if(page.contexts,
                [&ref](const ContextSnapshot& context) { return context.context != ref; });
  std::erase_if(page.conflicts,
                [&ref](const ConflictRecord& record) { return record.context != ref; });
  return page;
}

HelloResponse TinyHub::Hello(const SyncPosition& from) const {
  HelloResponse hello;
  hello.epoch = Epoch(epoch_);
  hello.head = head();
  hello.check = CheckAt(head());
  hello.fork_seq = from.claim.epoch.empty() ? HubSequence() : fork_seq_;
  const auto last = last_n_.find(from.device);
  if (last != last_n_.end()) hello.last_n = last->second;
  if (from.claim.epoch != hello.epoch)
    hello.verdict = from.claim.epoch.empty() ? HelloVerdict::kFirst : HelloVerdict::kEpochChanged;
  return hello;
}

void TinyHub::Restore(HubSequence seq, std::string epoch) {
  feed_.resize(seq.value);
  states_.clear();
  purges_.clear();
  revs_.clear();
  last_n_.clear();
  std::map<std::string, PushResult> kept;
  for (const auto& item : feed_) {
    Fold(item);
    kept[item.id.value] = results_.at(item.id.value);
    last_n_[item.device] = std::max(last_n_[item.device], item.n);
  }
  std::erase_if(records_, [seq](const ConflictRecord& record) { return record.rev > seq; });
  results_ = std::move(kept);
  epoch_ = std::move(epoch);
  fork_seq_ = seq;
}

void Greet(Notebook& notebook, TinyHub& hub) {
  const auto position = notebook.Position();
  const auto hello = hub.Hello(position);
  if (hello.verdict == HelloVerdict::kOk) return;
  const auto adopted = notebook.AdoptEpoch(hello, {hub.Snapshot()});
  ASSERT_TRUE(adopted.ok()) << adopted.error().message();
}

void SyncAll(Notebook& notebook, TinyHub& hub) {
  Greet(notebook, hub);
  for (int round = 0; round < 1000; ++round) {
    const auto entries = notebook.NextPush(16, 1 << 20).value();
    if (!entries.empty()) {
      const auto noted = notebook.NoteResults(hub.Push(notebook.Position(), entries));
      ASSERT_TRUE(noted.ok()) << noted.error().message();
    }
    for (const auto& ref : notebook.Position().rebuild) {
      const auto installed = notebook.InstallContext(ref, hub.SnapshotOf(ref));
      ASSERT_TRUE(installed.ok()) << installed.error().message();
    }
    const auto position = notebook.Position();
    const auto page = notebook.ApplyPage(hub.Changes(position.cursor, 7));
    ASSERT_TRUE(page.ok()) << page.error().message();
    ASSERT_FALSE(page.value().hole || page.value().forked);
    const auto after = notebook.Position();
    if (after.unsent == 0 && after.cursor == hub.head() && after.rebuild.empty()) return;
  }
  FAIL() << "synchronisation does not come to an end";
}

}  // namespace contextsync::test

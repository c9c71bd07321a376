#include "tests/unit/sync/fake_hub.h"

#include <algorithm>
#include <utility>

namespace contextsync {

void FakeHub::WriteElsewhere(std::size_t count) {
  const std::lock_guard lock(mu_);
  for (std::size_t i = 0; i < count; ++i) {
    FeedItem item;
    item.seq = head().Next();
    item.kind = "delta";
    item.device = DeviceId(99);
    item.id = EntryId("other-" + std::to_string(item.seq.value));
    feed_.push_back(item);
  }
}

void FakeHub::FailNext(Request request, Fault fault, std::size_t times) {
  for (std::size_t i = 0; i < times; ++i)
    faults_[request].push_back(fault);
}

void FakeHub::set_outage(std::optional<Fault> outage) {
  const std::lock_guard lock(mu_);
  outage_ = outage;
}

std::size_t FakeHub::Count(Request request) const {
  const auto all = calls();
  return static_cast<std::size_t>(std::count_if(
      all.begin(), all.end(), [&](const Call& call) { return call.request == request; }));
}

std::vector<FakeHub::Call> FakeHub::calls() const {
  const std::lock_guard lock(mu_);
  return calls_;
}

void FakeHub::Poison(EntryId id, Fault fault) {
  const std::lock_guard lock(mu_);
  poison_ = {std::move(id), fault};
}

std::size_t FakeHub::CountAlone(const EntryId& id) const {
  const auto all = calls();
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const Call& call) {
    return call.entries == 1 && call.first == id;
  }));
}

std::optional<Fault> FakeHub::Begin(Request request, const std::vector<PushEntry>& entries) {
  const bool is_poisoned =
      poison_ && std::any_of(entries.begin(), entries.end(), [this](const PushEntry& entry) {
        return entry.id == poison_->first && entry.op != EntryOp::kSkip;
      });
  // A skip in the entry's place is not the entry.
  const bool is_entry = !entries.empty() && entries.front().op != EntryOp::kSkip;
  calls_.push_back(
      {request, clock_.Now(), entries.size(), is_entry ? entries.front().id : EntryId()});
  if (outage_) return outage_;
  if (is_poisoned) return poison_->second;
  std::deque<Fault>& planned = faults_[request];
  if (planned.empty()) return std::nullopt;
  const Fault fault = planned.front();
  planned.pop_front();
  return fault;
}

HubFailure FakeHub::FailureOf(const Fault& fault) {
  HubFailure failure;
  failure.fault = fault.fault;
  failure.retry_after = fault.retry_after;
  return failure;
}

HubReply<HelloResponse> FakeHub::Hello(const HelloRequest& request, Clock::Instant /*deadline*/) {
  const std::lock_guard lock(mu_);
  if (const auto fault = Begin(Request::kHello)) return FailureOf(*fault);
  HelloResponse hello;
  hello.verdict = std::exchange(verdict_, HelloVerdict::kOk);
  hello.epoch = epoch_;
  hello.head = head();
  hello.gc_floor = gc_floor_;
  hello.fork_seq = fork_seq_;
  hello.last_n = last_n_[request.device];
  hello.role = role_;
  hello.build = build_;
  hello.server_time = time();
  return hello;
}

HubReply<PushResponse> FakeHub::Push(const PushRequest& request, Clock::Instant /*deadline*/) {
  const std::lock_guard lock(mu_);
  const auto fault = Begin(Request::kPush, request.entries);
  if (fault && !fault->after_effect) return FailureOf(*fault);
  PushResponse response = Answer(request);
  if (fault) return FailureOf(*fault);
  return response;
}

PushResponse FakeHub::Answer(const PushRequest& request) {
  PushResponse response;
  for (const PushEntry& entry : request.entries) {
    response.results.push_back(Number(request.device, entry));
  }
  response.last_n = last_n_[request.device];
  response.head = head();
  response.epoch = epoch_;
  response.server_time = time();
  return response;
}

PushResult FakeHub::Number(DeviceId device, const PushEntry& entry) {
  PushResult result;
  result.n = entry.n;
  result.status = PushStatus::kAccepted;
  if (!statuses_.empty()) {
    result.status = statuses_.front();
    statuses_.pop_front();
  }
  const auto known = std::find_if(feed_.begin(), feed_.end(),
                                  [&](const FeedItem& item) { return item.id == entry.id; });
  if (known != feed_.end()) {
    result.status = PushStatus::kDuplicate;
    result.seq = known->seq;
    return result;
  }
  if (entry.n > last_n_[device].Next()) result.status = PushStatus::kGap;
  if (result.status > PushStatus::kRejected) return result;
  last_n_[device] = entry.n;
  result.seq = head();
  if (result.status == PushStatus::kRejected) return result;
  FeedItem item;
  item.seq = head().Next();
  item.kind = "delta";
  item.device = device;
  item.n = entry.n;
  item.id = entry.id;
  feed_.push_back(item);
  result.seq = item.seq;
  return result;
}

HubReply<ChangesPage> FakeHub::Changes(const ChangesRequest& request, Clock::Instant /*deadline*/) {
  const std::lock_guard lock(mu_);
  if (const auto fault = Begin(Request::kChanges)) return FailureOf(*fault);
  ChangesPage page;
  const std::size_t limit = std::min(request.limit, page_items_);
  for (const FeedItem& item : feed_) {
    if (item.seq <= request.since || page.changes.size() == limit) continue;
    if (item.seq == unreadable_) return FailureOf({.fault = unreadable_as_});
    page.changes.push_back(item);
  }
  page.next = page.changes.empty() ? request.since : page.changes.back().seq;
  page.more = page.next < head();
  page.head = head();
  page.epoch = epoch_;
  page.server_time = time();
  if (delay_) delay_();
  return page;
}

HubReply<SnapshotPage> FakeHub::Snapshot(const SnapshotRequest& request,
                                         Clock::Instant /*deadline*/) {
  const std::lock_guard lock(mu_);
  if (const auto fault = Begin(Request::kSnapshot)) return FailureOf(*fault);
  SnapshotPage page;
  page.start = snapshot_start_.value_or(head());
  page.head = head();
  page.epoch = epoch_;
  page.server_time = time();
  if (request.context) {
    ContextSnapshot context;
    context.context = *request.context;
    page.contexts.push_back(context);
    return page;
  }
  const std::size_t index = request.after.empty() ? 1 : std::stoul(request.after) + 1;
  if (index < snapshot_pages_) page.next = std::to_string(index);
  return page;
}

}  // namespace contextsync

// A hub in memory and notebooks reduced to what the hub can see of them.

#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/document/compile.h"
#include "core/hub/hub_service.h"
#include "core/hub/table_hub_store.h"
#include "storage/memory/memory_table_store.h"

namespace contextsync {

class SettableClock final : public Clock {
 public:
  [[nodiscard]] UnixMillis WallMillis() const override { return wall_; }
  [[nodiscard]] Instant Now() const override { return Instant{}; }
  [[nodiscard]] std::chrono::milliseconds BootTime() const override {
    return std::chrono::milliseconds(wall_);
  }
  void Advance(UnixMillis by) { wall_ += by; }

 private:
  std::atomic<UnixMillis> wall_{1'700'000'000'000};
};

class CountingRandom final : public Random {
 public:
  std::uint64_t Next() override { return 0x9E3779B97F4A7C15ULL * ++count_; }

 private:
  std::atomic<std::uint64_t> count_{0};
};

/// Runs work when told to, in order.
class SteppedExecutor final : public Executor {
 public:
  void Post(std::function<void()> work) override { work_.push_back(std::move(work)); }

  void RunAll() {
    while (!work_.empty()) {
      const std::function<void()> work = std::move(work_.front());
      work_.pop_front();
      work();
    }
  }

 private:
  std::deque<std::function<void()>> work_;
};

inline const WorkspaceId kWorkspace("w");
inline const ContextRef kTask = {Level::kTask, "t1"};

struct TestHub {
  MemoryTableStore tables{TableHubStore::TableNames().size()};
  TableHubStore store{tables};
  SettableClock clock;
  CountingRandom random;
  SteppedExecutor executor;
  HubService service{store, clock, random, executor, HubOptions{.create_workspaces = true}};

  HubReply<HelloResponse> Hello(const Principal& principal, HelloRequest request) {
    std::optional<HubReply<HelloResponse>> reply;
    service.Hello(kWorkspace, principal, std::move(request),
                  [&](HubReply<HelloResponse> r) { reply = std::move(r); });
    executor.RunAll();
    return *reply;
  }

  HubReply<PushResponse> Push(const Principal& principal, PushRequest request) {
    std::optional<HubReply<PushResponse>> reply;
    service.Push(kWorkspace, principal, std::move(request),
                 [&](HubReply<PushResponse> r) { reply = std::move(r); });
    executor.RunAll();
    return *reply;
  }

  HubContext Context(const ContextRef& ref = kTask) {
    return store.ReadContext(kWorkspace, ref).value().value_or(HubContext{});
  }

  std::vector<ConflictRecord> Records(bool with_resolved = true) {
    return store.ReadConflicts(kWorkspace, {.context = {}, .with_resolved = with_resolved}).value();
  }

  std::vector<FeedItem> Feed(HubSequence since = {}) {
    std::vector<FeedItem> items;
    const ReadBounds all = {.rows = 1'000'000, .bytes = ~std::size_t{0}};
    for (StoredItem& item : store.ReadFeed(kWorkspace, since, all).value().items) {
      items.push_back(std::move(item.item));
    }
    return items;
  }
};

/// A notebook: its replica of the feed, and entries that wait.
class TestNotebook {
 public:
  TestNotebook(TestHub& hub, std::uint64_t id, Principal principal = {"alice", Role::kWrite})
      : device(id), hub_(hub), principal_(std::move(principal)) {
    const HelloResponse hello = Hello().value();
    claim.epoch = hello.epoch;
  }

  HubReply<HelloResponse> Hello() {
    HelloRequest request;
    request.device = device;
    request.next_n = next_n;
    request.acked_n = acked_n;
    request.cursor = claim.known;
    request.claim = claim;
    return hub_.Hello(principal_, std::move(request));
  }

  /// Compiles against what this notebook sees; the entry waits to be pushed.
  PushEntry Write(Update update, const ContextRef& ref = kTask) {
    State state = See(ref);
    View view = Render(state);
    hlc = Hlc{std::max(hlc.value + 1, Hlc::FromMillis(wall()).value)};
    auto compiled = Compile(std::move(state), std::move(view), update, Policy::BuiltIn(),
                            WriteStamp{ref.level, hlc, device});
    EXPECT_TRUE(compiled.ok());
    EXPECT_TRUE(compiled.value().changed) << update.data.dump();
    return Enter(std::move(compiled).value().delta, ref);
  }

  PushEntry Set(const char* json, const ContextRef& ref = kTask) {
    Update update;
    update.data = Json::parse(json);
    return Write(std::move(update), ref);
  }

  PushEntry Erase(const ContextRef& ref = kTask) {
    Update update;
    update.erase_context = true;
    return Write(std::move(update), ref);
  }

  PushEntry Enter(Delta delta, const ContextRef& ref = kTask) {
    PushEntry entry;
    entry.n = next_n;
    next_n = next_n.Next();
    entry.id = NextId();
    entry.context = ref;
    entry.base = claim.known;
    for (const PushEntry& waiting : pending) {
      if (waiting.context == ref && (!entry.over || waiting.id < *entry.over)) {
        entry.over = waiting.id;
      }
    }
    entry.hlc = hlc;
    entry.agent = "agent-" + std::to_string(device.value);
    entry.source = "tool";
    entry.delta = std::move(delta);
    Seal(entry);
    pending.push_back(entry);
    return entry;
  }

  static void Seal(PushEntry& entry);

  /// Lets go of what the hub left out of own entries.
  void Rebuild();

  /// Goes on under another id; what waits is numbered again.
  void Fork(std::uint64_t id);

  HubReply<PushResponse> TryPush(std::vector<PushEntry> entries) {
    return hub_.Push(principal_, Request(std::move(entries)));
  }

  [[nodiscard]] PushRequest Request(std::vector<PushEntry> entries) const {
    PushRequest request;
    request.device = device;
    request.former = former;
    request.acked_n = acked_n;
    request.cursor = claim.known;
    request.claim = claim;
    request.entries = std::move(entries);
    return request;
  }

  std::vector<PushResult> Push(std::vector<PushEntry> entries) {
    auto reply = TryPush(std::move(entries));
    EXPECT_TRUE(reply.ok());
    return std::move(reply).value().results;
  }

  PushResult PushOne(PushEntry entry) { return Push({std::move(entry)}).at(0); }

  /// Takes in the feed to its end.
  void Pull(std::size_t limit = 500) {
    for (bool more = true; more;) {
      ChangesRequest request;
      request.since = claim.known;
      request.claim = claim;
      request.limit = limit;
      const ChangesPage page = hub_.service.Changes(kWorkspace, request).value();
      for (const FeedItem& item : page.changes)
        Apply(item);
      claim.known = page.next;
      claim.check = page.check;
      more = page.more;
    }
  }

  State See(const ContextRef& ref = kTask);

  DeviceId device;
  std::vector<DeviceId> former;
  HistoryClaim claim;  // `known` is the cursor
  EntryNumber next_n{1};
  EntryNumber acked_n;
  Hlc hlc;
  UnixMillis skew = 0;           // of this machine's clock
  bool rebuilds_at_once = true;  // else a trimmed entry stays shown until Rebuild()
  std::vector<PushEntry> pending;
  std::map<ContextRef, State> contexts;

 private:
  [[nodiscard]] UnixMillis wall() const { return hub_.clock.WallMillis() + skew; }
  void Apply(const FeedItem& item);

  /// Ascending, as the ids of a notebook are.
  EntryId NextId() {
    const std::string count = std::to_string(100'000 + ++id_count_);
    return EntryId("id-" + std::to_string(device.value) + "-" + count);
  }

  TestHub& hub_;
  Principal principal_;
  std::uint64_t id_count_ = 0;
  std::vector<EntryId> trimmed_;
};

inline Update Replace(const char* json, std::string pointer) {
  Update update;
  update.data = Json::parse(json);
  update.replace = {std::move(pointer)};
  return update;
}

}  // namespace contextsync

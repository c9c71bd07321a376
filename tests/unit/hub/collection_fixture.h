// Two notebooks, a hub that forgets, and months that pass.

#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/hub/hub_audit.h"
#include "tests/unit/hub/hub_fixture.h"

namespace contextsync {

inline constexpr UnixMillis kDay = 24LL * 60 * 60 * 1000;

/// Tells the hub what `notebook` has, as its hello does.
inline HelloResponse Report(TestHub& hub, TestNotebook& notebook) {
  HelloRequest request;
  request.device = notebook.device;
  request.next_n = notebook.next_n;
  request.acked_n = notebook.acked_n;
  request.cursor = request.low_base = notebook.claim.known;
  for (const PushEntry& entry : notebook.pending)
    request.low_base = std::min(request.low_base, entry.base);
  request.claim = notebook.claim;
  return hub.Hello({"alice", Role::kWrite}, std::move(request)).value();
}

inline void Collect(TestHub& hub) {
  hub.service.Collect();
  hub.executor.RunAll();
}

inline Update Removing(std::string pointer, Json value) {
  Update update;
  update.remove = {{std::move(pointer), {std::move(value)}}};
  return update;
}

inline void ExpectSound(TestHub& hub) {
  const auto audit = AuditWorkspace(hub.store, kWorkspace);
  ASSERT_TRUE(audit.ok());
  EXPECT_THAT(audit.value().problems, testing::IsEmpty());
}

class CollectionFixture : public ::testing::Test {
 protected:
  void TearDown() override { ExpectSound(hub); }

  void PushAll(TestNotebook& notebook) {
    if (!notebook.pending.empty()) notebook.Push(notebook.pending);
    notebook.Pull();
  }

  /// Everybody has everything and has said so.
  void MeetAll() {
    for (TestNotebook* notebook : {&a, &b}) {
      notebook->Pull();
      Report(hub, *notebook);
    }
  }

  /// "x" was in /list and is removed; both have seen it.
  void RemoveX() {
    a.Set(R"({"list":["x","y"]})");
    PushAll(a);
    a.Write(Removing("/list", "x"));
    PushAll(a);
    MeetAll();
  }

  [[nodiscard]] HubSequence Floor() { return hub.store.ReadHead(kWorkspace).value()->gc_floor; }

  /// Both write /x without having seen each other; then `b` says how the clash is settled.
  void Clash(std::optional<Strategy> strategy) {
    a.Set(R"({"x":1})");
    PushEntry entry = b.Set(R"({"x":2})");
    entry.on_conflict = b.pending.back().on_conflict = strategy;
    TestNotebook::Seal(b.pending.back());
    PushAll(a);
    PushAll(b);
    MeetAll();
    ASSERT_EQ(hub.Records().size(), 1U);
  }

  /// So much time passes that everything written before leaves the feed, and then a pass more.
  void MonthsPass() {
    for (int pass = 0; pass < 2; ++pass) {
      hub.clock.Advance(91 * kDay);
      a.Set(("{\"n\":" + std::to_string(hub.clock.WallMillis()) + "}").c_str());
      PushAll(a);
      MeetAll();
      Collect(hub);
    }
  }

  std::size_t CountKind(std::string_view kind) {
    const auto feed = hub.Feed();
    return static_cast<std::size_t>(std::count_if(
        feed.begin(), feed.end(), [&](const FeedItem& item) { return item.kind == kind; }));
  }

  void ExpectEqualEverywhere(const ContextRef& ref = kTask) {
    a.Pull();
    b.Pull();
    EXPECT_EQ(a.contexts[ref], hub.Context(ref).state);
    EXPECT_EQ(b.contexts[ref], hub.Context(ref).state);
  }

  TestHub hub;
  TestNotebook a{hub, 1};
  TestNotebook b{hub, 2};
};

}  // namespace contextsync

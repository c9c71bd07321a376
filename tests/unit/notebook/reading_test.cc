// Lists, history, changes and positions: what readers are told.

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include "core/notebook/changes_index.h"
#include "core/notebook/overlay.h"
#include "tests/unit/notebook/fixture.h"
#include "tests/unit/notebook/tiny_hub.h"

namespace contextsync::test::reading_test {
namespace {

std::vector<std::string> IdsOf(const ListPage& page) {
  std::vector<std::string> ids;
  for (const auto& context : page.contexts)
    ids.push_back(context.info.context.id);
  return ids;
}

class ListTest : public ::testing::Test {
 protected:
  ListTest() {
    for (int i = 0; i < 5; ++i) {
      desk_.clock.Advance(10);
      desk_.Update(Task("t" + std::to_string(i)), {{"n", i}, {"labels", {"x", i % 2}}});
    }
  }
  ListPage List(const std::function<void(ListQuery&)>& narrow = [](ListQuery&) {}) {
    ListQuery query;
    narrow(query);
    return desk_.notebook->List(query).value();
  }
  ListPage Filtered(std::vector<std::pair<std::string, Json>> filters) {
    return List([&filters](ListQuery& query) { query.filters = std::move(filters); });
  }

  Desk desk_;
};

TEST_F(ListTest, NewestFirst) {
  desk_.clock.Advance(10);
  desk_.Update(Task("t1"), {{"n", 100}});

  EXPECT_EQ(IdsOf(List()), (std::vector<std::string>{"t1", "t4", "t3", "t2", "t0"}));
}

TEST_F(ListTest, EqualTimesAreOrderedById) {
  desk_.clock.Advance(10);
  desk_.Update(Task("b"), {{"n", 1}});
  desk_.Update(Task("a"), {{"n", 1}});

  EXPECT_EQ(IdsOf(List([](ListQuery& query) { query.limit = 2; })),
            (std::vector<std::string>{"a", "b"}));
}

TEST_F(ListTest, PagesFollowEachOtherWithoutGapOrRepeat) {
  std::vector<std::string> ids;
  ListQuery query;
  query.limit = 2;
  do {
    const auto page = desk_.notebook->List(query).value();
    for (const auto& id : IdsOf(page))
      ids.push_back(id);
    query.cursor = page.next_cursor;
  } while (!query.cursor.empty());

  EXPECT_EQ(ids, (std::vector<std::string>{"t4", "t3", "t2", "t1", "t0"}));
}

TEST_F(ListTest, ABadCursorIsRefused) {
  ListQuery query;
  query.cursor = "no cursor";
  const auto refused = desk_.notebook->List(query);

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().code, RefusalCode::kInvalidArgument);
}

TEST_F(ListTest, FiltersMatchValuesAndListMembers) {
  EXPECT_EQ(IdsOf(Filtered({{"n", 3}})), std::vector<std::string>{"t3"});
  EXPECT_EQ(IdsOf(Filtered({{"/labels", 1}})), (std::vector<std::string>{"t3", "t1"}));
  EXPECT_TRUE(Filtered({{"n", 3}, {"labels", 0}}).contexts.empty());
}

TEST_F(ListTest, UpdatedSinceEndsTheList) {
  EXPECT_EQ(IdsOf(List(
                [this](ListQuery& query) { query.updated_since = desk_.clock.WallMillis() - 10; })),
            (std::vector<std::string>{"t4", "t3"}));
}

TEST_F(ListTest, DeletedContextsAreNotListed) {
  desk_.Write(Deleting(Task("t3")));

  EXPECT_EQ(List().contexts.size(), 4U);
}

TEST_F(ListTest, ParentAndAgentNarrowTheList) {
  auto write = Updating(Task("child"), {{"n", 1}});
  write.parents = {Branch("main")};
  desk_.Write(write);

  EXPECT_EQ(IdsOf(List([](ListQuery& query) { query.parent_id = "main"; })),
            std::vector<std::string>{"child"});
  EXPECT_TRUE(List([](ListQuery& query) { query.agent = "somebody"; }).contexts.empty());
  EXPECT_EQ(List([](ListQuery& query) { query.agent = "agent-a"; }).contexts.size(), 6U);
}

class HistoryTest : public ::testing::Test {
 protected:
  HistoryPage History(std::size_t limit = 50, std::string cursor = {}) {
    return desk_.notebook->History({Task("t1"), limit, std::move(cursor)}).value();
  }
  static std::vector<std::uint64_t> VersionsOf(const HistoryPage& page) {
    std::vector<std::uint64_t> versions;
    for (const auto& version : page.versions)
      versions.push_back(version.version);
    return versions;
  }

  TinyHub hub_;
  Desk desk_;
};

TEST_F(HistoryTest, NeverSeenIsNotFound) {
  const auto refused = desk_.notebook->History({Task("nothing"), 50, {}});

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().code, RefusalCode::kNotFound);
}

TEST_F(HistoryTest, PendingVersionsStandAboveNumberedOnes) {
  desk_.Update(Task("t1"), {{"a", 1}});
  desk_.Update(Task("t1"), {{"b", 1}});
  SyncAll(*desk_.notebook, hub_);
  desk_.Update(Task("t1"), {{"c", 1}});
  desk_.Write(Deleting(Task("t1")));

  const auto page = History();

  EXPECT_EQ(VersionsOf(page), (std::vector<std::uint64_t>{4, 3, 2, 1}));
  EXPECT_EQ(page.versions[0].change_type, "delete");
  EXPECT_TRUE(page.versions[0].pending);
  EXPECT_TRUE(page.versions[1].pending);
  EXPECT_EQ(page.versions[1].keys, std::vector<std::string>{"c"});
  EXPECT_FALSE(page.versions[2].pending);
  EXPECT_EQ(page.versions[3].keys, std::vector<std::string>{"a"});
  EXPECT_EQ(page.oldest, 1U);
}

TEST_F(HistoryTest, PagesFollowEachOther) {
  desk_.Update(Task("t1"), {{"a", 1}});
  SyncAll(*desk_.notebook, hub_);
  for (int i = 2; i < 5; ++i)
    desk_.Update(Task("t1"), {{"a", i}});

  std::vector<std::uint64_t> versions;
  std::string cursor;
  do {
    const auto page = History(1, cursor);
    for (const auto version : VersionsOf(page))
      versions.push_back(version);
    cursor = page.next_cursor;
  } while (!cursor.empty());

  EXPECT_EQ(versions, (std::vector<std::uint64_t>{4, 3, 2, 1}));
}

TEST(HistoryWithoutHubTest, VersionsAreLocalAndSurviveFolding) {
  Desk desk(false);
  for (int i = 0; i < 1'005; ++i)
    desk.Update(Task("t1"), {{"a", i}});

  const auto page = desk.notebook->History({Task("t1"), 2'000, {}}).value();

  ASSERT_EQ(page.versions.size(), 1'005U);
  EXPECT_EQ(page.versions.front().version, 1'005U);
  EXPECT_EQ(page.versions.back().version, 1U);
  EXPECT_FALSE(page.versions.front().pending);
  EXPECT_EQ(page.oldest, 1U);
}

class ChangesTest : public ::testing::Test {
 protected:
  ChangesTest() : a_(true, 1), b_(true, 2) {
    Greet(*a_.notebook, hub_);
    Greet(*b_.notebook, hub_);
  }
  ChangesAnswer Changes(const ChangePosition& since, std::string session = "reader") {
    ChangesQuery query;
    query.since = since;
    query.session = std::move(session);
    return a_.notebook->Changes(query).value();
  }
  void FromB(const ContextRef& ref, Json data) {
    b_.Update(ref, std::move(data));
    SyncAll(*b_.notebook, hub_);
    SyncAll(*a_.notebook, hub_);
  }

  TinyHub hub_;
  Desk a_;
  Desk b_;
};

TEST_F(ChangesTest, OtherDevicesChangesCarryKeysAndAuthor) {
  const auto since = a_.notebook->Latest();
  FromB(Task("t1"), {{"status", "open"}, {"n", 1}});

  const auto answer = Changes(since);

  ASSERT_EQ(answer.changes.size(), 1U);
  EXPECT_EQ(answer.changes[0].context, Task("t1"));
  EXPECT_EQ(answer.changes[0].changed_by, "agent-a");
  EXPECT_EQ(answer.changes[0].keys, (std::vector<std::string>{"n", "status"}));
  EXPECT_EQ(answer.changes[0].seq, HubSequence(1));
  EXPECT_EQ(answer.position, a_.notebook->Latest());
  EXPECT_TRUE(Changes(answer.position).changes.empty());
}

TEST_F(ChangesTest, AnotherSessionsChangeIsToldAtOnceAndNotAgainWhenNumbered) {
  const auto since = a_.notebook->Latest();
  a_.Update(Task("t1"), {{"a", 1}});

  const auto told = Changes(since);
  ASSERT_EQ(told.changes.size(), 1U);
  EXPECT_FALSE(told.changes[0].seq);
  SyncAll(*a_.notebook, hub_);
  EXPECT_TRUE(Changes(told.position).changes.empty());
  EXPECT_EQ(Changes(since).changes.at(0).seq, HubSequence(1));
}

TEST_F(ChangesTest, TheOwnSessionIsNotTold) {
  const auto since = a_.notebook->Latest();
  a_.Update(Task("t1"), {{"a", 1}});

  const auto answer = Changes(since, "session-a");

  EXPECT_TRUE(answer.changes.empty());
  EXPECT_EQ(answer.position, a_.notebook->Latest());
}

TEST_F(ChangesTest, ALimitedAnswerGoesOnWhereItStopped) {
  const auto since = a_.notebook->Latest();
  for (int i = 0; i < 3; ++i)
    FromB(Task("t1"), {{"n", i}});
  a_.Update(Task("t2"), {{"a", 1}});
  ChangesQuery query;
  query.since = since;
  query.limit = 2;

  const auto first = a_.notebook->Changes(query).value();
  EXPECT_EQ(first.changes.size(), 2U);
  EXPECT_EQ(first.more, 2U);
  query.since = first.position;
  const auto second = a_.notebook->Changes(query).value();

  EXPECT_EQ(second.changes.size(), 2U);
  EXPECT_EQ(second.more, 0U);
}

TEST_F(ChangesTest, AContextNarrowsTheAnswerAndThePositionMovesOn) {
  const auto since = a_.notebook->Latest();
  FromB(Task("t1"), {{"n", 1}});
  FromB(Task("t2"), {{"n", 1}});
  ChangesQuery query;
  query.since = since;
  query.context_id = "t1";

  const auto answer = a_.notebook->Changes(query).value();

  EXPECT_EQ(answer.changes.size(), 1U);
  EXPECT_EQ(answer.position.seq, HubSequence(2));
}

TEST_F(ChangesTest, APositionBeforeASnapshotIsReset) {
  const auto since = a_.notebook->Latest();
  b_.Update(Task("t1"), {{"n", 1}});
  SyncAll(*b_.notebook, hub_);
  ASSERT_TRUE(a_.notebook->InstallSnapshot({hub_.Snapshot()}).ok());

  EXPECT_TRUE(Changes(since).reset);
  EXPECT_FALSE(Changes(a_.notebook->Latest()).reset);
}

TEST_F(ChangesTest, SinceASequenceTellsWhatWasNumberedLaterOrNotYet) {
  FromB(Task("t1"), {{"n", 1}});
  FromB(Task("t2"), {{"n", 1}});
  a_.Update(Task("t3"), {{"n", 1}});
  SyncAll(*a_.notebook, hub_);
  a_.Update(Task("t4"), {{"n", 1}});
  ChangesQuery query;
  query.session = "reader";

  const auto contexts = [&](std::uint64_t since) {
    query.since_seq = HubSequence(since);
    std::vector<std::string> ids;
    for (const auto& note : a_.notebook->Changes(query).value().changes)
      ids.push_back(note.context.id);
    std::sort(ids.begin(), ids.end());
    return ids;
  };

  EXPECT_EQ(contexts(1), (std::vector<std::string>{"t2", "t3", "t4"}));
  EXPECT_EQ(contexts(3), (std::vector<std::string>{"t4"}));
  query.since_seq = HubSequence(4);
  EXPECT_TRUE(a_.notebook->Changes(query).value().reset);
}

TEST_F(ChangesTest, RowsOfACommitThatIsNotYetVisibleAreNotTold) {
  FromB(Task("t1"), {{"n", 1}});
  a_.Update(Task("t2"), {{"n", 1}});
  const StoreReader tables(a_.store);
  Meta before;
  before.cursor =
      HubSequence(1);  // the feed's row is visible, the local one and later ones are not
  FromB(Task("t3"), {{"n", 1}});

  const auto answer = changes_index::Read(tables, before, {}).value();

  ASSERT_EQ(answer.changes.size(), 1U);
  EXPECT_EQ(answer.changes[0].context, Task("t1"));
  EXPECT_EQ(answer.position, (ChangePosition{HubSequence(1), 0}));
}

TEST_F(ChangesTest, WhatWasShownElsewhereIsLeftOutAndNotCounted) {
  const auto since = a_.notebook->Latest();
  FromB(Task("t1"), {{"n", 1}});
  FromB(Task("t2"), {{"n", 1}});
  a_.Update(Task("t3"), {{"n", 1}});
  const auto all = Changes(since).changes;
  ASSERT_EQ(all.size(), 3U);
  ChangesQuery query;
  query.since = since;
  query.session = "reader";
  query.limit = 1;
  query.left_out = {all[0].place, all[2].place};

  const auto answer = a_.notebook->Changes(query).value();

  ASSERT_EQ(answer.changes.size(), 1U);
  EXPECT_EQ(answer.changes[0].context, all[1].context);
  EXPECT_EQ(answer.more, 0U);
  EXPECT_EQ(answer.position, a_.notebook->Latest());
}

TEST(ManyChangesTest, TheLastTenThousandAreKept) {
  Desk desk(false);
  const auto since = desk.notebook->Latest();
  for (std::uint64_t i = 0; i < changes_index::kKept + 300; ++i)
    desk.Update(Task("t" + std::to_string(i % 50)), {{"n", i}});
  ChangesQuery query;
  query.since = since;
  query.limit = 100'000;

  EXPECT_TRUE(desk.notebook->Changes(query).value().reset);
  query.since.local = 300;
  const auto answer = desk.notebook->Changes(query).value();
  EXPECT_FALSE(answer.reset);
  EXPECT_EQ(answer.changes.size(), changes_index::kKept);

  query.since_time = desk.clock.WallMillis();
  EXPECT_TRUE(desk.notebook->Changes(query).value().reset);  // nobody knows what was dropped
  query.since_time = desk.clock.WallMillis() + 1;
  EXPECT_FALSE(desk.notebook->Changes(query).value().reset);
}

TEST(ChangePositionTest, ReadsBackWhatItWroteAndNothingElse) {
  const ChangePosition position{HubSequence(9'038), 17};
  EXPECT_EQ(ToString(position), "9038.17");
  EXPECT_EQ(ParseChangePosition("9038.17"), position);
  for (const char* bad : {"", "9038", ".", "9038.", ".17", "-1.2", "1.2.3", "1. 2", "01.2", "x.y",
                          "99999999999999999999.1"})
    EXPECT_FALSE(ParseChangePosition(bad)) << bad;
}

}  // namespace
}  // namespace contextsync::test::reading_test

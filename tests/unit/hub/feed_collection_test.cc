// What the hub forgets of its feed: old items, and the conflict records that came with them.

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/unit/hub/collection_fixture.h"

namespace contextsync::feed_collection_test {
namespace {

class FeedCollectionTest : public CollectionFixture {};

TEST_F(FeedCollectionTest, OldFeedItemsGoAndTheFloorSaysWhereTheFeedBegins) {
  for (int i = 0; i < 5; ++i) {
    a.Set(("{\"n\":" + std::to_string(i) + "}").c_str());
    PushAll(a);
  }
  const EntryId first_id = hub.Feed().front().id;
  MeetAll();
  hub.clock.Advance(91 * kDay);
  a.Set(R"({"n":99})");
  PushAll(a);
  MeetAll();

  Collect(hub);

  const auto feed = hub.Feed();
  ASSERT_FALSE(feed.empty());
  EXPECT_GT(feed.front().seq, HubSequence(1));
  EXPECT_GE(Floor(), feed.front().seq);
  EXPECT_FALSE(hub.store.FindEntry(kWorkspace, first_id).value().has_value());
  ChangesRequest changes;
  changes.since = Floor();
  EXPECT_TRUE(hub.service.Changes(kWorkspace, changes).ok());
  changes.since = HubSequence(Floor().value - 1);
  EXPECT_EQ(hub.service.Changes(kWorkspace, changes).failure().fault, HubFault::kCursorGone);
}

// ── conflict records ──

TEST_F(FeedCollectionTest, ARecordNobodyHasToDecideGoesWithItsFeedItem) {
  Clash(Strategy::kMerge);
  const std::string id = hub.Records().front().id;

  MonthsPass();

  EXPECT_TRUE(hub.Records().empty());
  const auto feed = hub.Feed();
  const auto told = std::count_if(feed.begin(), feed.end(), [&id](const FeedItem& item) {
    return item.forgotten == std::vector<std::string>{id};
  });
  EXPECT_EQ(told, 1);
  ExpectEqualEverywhere();
}

TEST_F(FeedCollectionTest, ARecordWhoseItemIsStillInTheFeedStays) {
  Clash(Strategy::kMerge);
  hub.clock.Advance(89 * kDay);
  MeetAll();

  Collect(hub);
  Collect(hub);

  EXPECT_EQ(hub.Records().size(), 1U);
}

TEST_F(FeedCollectionTest, ARecordThatIsShownStaysUntilItIsClosed) {
  Clash(Strategy::kVersion);
  MonthsPass();
  ASSERT_EQ(hub.Records().size(), 1U);

  a.Set(R"({"x":3})");  // knowing
  PushAll(a);
  ASSERT_EQ(hub.Records().front().status, ConflictStatus::kResolved);
  MonthsPass();

  EXPECT_TRUE(hub.Records().empty());
}

TEST_F(FeedCollectionTest, AnOpenRecordStaysHoweverOld) {
  Clash(Strategy::kManual);

  MonthsPass();

  ASSERT_EQ(hub.Records().size(), 1U);
  EXPECT_EQ(hub.Records().front().status, ConflictStatus::kOpen);
}

TEST_F(FeedCollectionTest, TheLastItemStaysHoweverOld) {
  a.Set(R"({"n":1})");
  PushAll(a);
  MeetAll();
  hub.clock.Advance(400 * kDay);
  MeetAll();

  Collect(hub);

  EXPECT_EQ(hub.Feed().size(), 1U);
  EXPECT_EQ(Report(hub, a).verdict, HelloVerdict::kOk);
}

TEST_F(FeedCollectionTest, AnItemThatALiveNotebookLacksStaysHoweverOld) {
  MeetAll();
  for (int i = 0; i < 5; ++i) {
    a.Set(("{\"n\":" + std::to_string(i) + "}").c_str());
    PushAll(a);
  }
  hub.clock.Advance(100 * kDay);
  Report(hub, a);
  Report(hub, b);

  Collect(hub);

  EXPECT_EQ(hub.Feed().size(), 5U);
  EXPECT_EQ(Report(hub, b).verdict, HelloVerdict::kOk);
}

}  // namespace
}  // namespace contextsync::feed_collection_test

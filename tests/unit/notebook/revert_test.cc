// Going back to what a context showed at one of its versions.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/seed.h"
#include "tests/unit/notebook/past.h"
#include "tests/unit/notebook/tiny_hub.h"

namespace contextsync::test::revert_test {
namespace {

ContextWrite Reverting(const ContextRef& ref, std::uint64_t version) {
  ContextWrite write;
  write.context = ref;
  write.revert_to = version;
  write.source = "revert";
  return write;
}

TEST(RevertTest, WritesWhatWasShownAsANewVersion) {
  Desk desk(false);
  const Json before = {{"status", "open"}, {"tags", {"b", "a"}}, {"deep", {{"x", 1}, {"y", {2}}}}};
  desk.Update(kRef, before);
  desk.Update(kRef, {{"status", "done"}, {"tags", {"c"}}, {"deep", {{"x", nullptr}}}, {"new", 1}});

  const auto receipt = desk.Write(Reverting(kRef, 1));

  EXPECT_EQ(desk.Data(kRef), before);
  EXPECT_TRUE(receipt.writes.front().changed);
  EXPECT_EQ(receipt.writes.front().version, 3U);
  EXPECT_EQ(HistoryOf(desk, kRef).versions.front().source, "revert");
  EXPECT_EQ(HistoryOf(desk, kRef).versions.front().change_type, "update");
}

TEST(RevertTest, ToWhatIsShownAlreadyChangesNothing) {
  Desk desk(false);
  desk.Update(kRef, {{"n", 1}});

  const auto receipt = desk.Write(Reverting(kRef, 1));

  EXPECT_FALSE(receipt.writes.front().changed);
  EXPECT_EQ(desk.Version(kRef).version, 1U);
}

TEST(RevertTest, RevivesADeletedContextWhereItWas) {
  Desk desk(false);
  auto write = Updating(kRef, {{"list", {2, 1}}, {"n", 1}});
  write.parents = {test::Branch("b")};
  desk.Write(std::move(write));
  desk.Write(Deleting(kRef));

  const auto receipt = desk.Write(Reverting(kRef, 1));

  EXPECT_TRUE(receipt.writes.front().created);
  EXPECT_EQ(desk.Data(kRef), Json({{"list", {2, 1}}, {"n", 1}}));
  EXPECT_EQ(desk.notebook->Read(kRef).value().found->info.parent, test::Branch("b"));
}

TEST(RevertTest, ToAVersionInWhichItWasDeletedDeletes) {
  Desk desk(false);
  desk.Update(kRef, {{"n", 1}});
  desk.Write(Deleting(kRef));
  desk.Update(kRef, {{"n", 2}});

  desk.Write(Reverting(kRef, 2));

  EXPECT_EQ(desk.Data(kRef), Json());
}

TEST(RevertTest, RefusesWhatIsNotKeptAndSaysWhatIs) {
  Desk desk(false);
  desk.Update(kRef, {{"n", 1}});

  const auto refused = desk.Try(Reverting(kRef, 7));
  const auto never = desk.Try(Reverting(Task("never"), 1));

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().code, RefusalCode::kNotFound);
  EXPECT_EQ(refused.failure().details["oldest"], 1);
  EXPECT_EQ(never.failure().code, RefusalCode::kNotFound);
}

TEST(RevertTest, RefusesWhenTheContextIsNotTheOneExpected) {
  Desk desk(false);
  desk.Update(kRef, {{"n", 1}});
  desk.Update(kRef, {{"n", 2}});
  auto write = Reverting(kRef, 1);
  write.expected_version = 1;

  const auto refused = desk.Try(write);

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().code, RefusalCode::kVersionMismatch);
  write.expected_version = 2;
  EXPECT_TRUE(desk.Try(write).ok());
}

TEST(RevertTest, TheSameCallAgainHasOneEffect) {
  Desk desk(false);
  desk.Update(kRef, {{"n", 1}});
  desk.Update(kRef, {{"n", 2}});
  const auto first = desk.Write(Reverting(kRef, 1), "op");
  desk.Update(kRef, {{"n", 3}});

  const auto again = desk.Write(Reverting(kRef, 1), "op");

  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.writes.front().version, first.writes.front().version);
  EXPECT_EQ(desk.Data(kRef), Json({{"n", 3}}));
}

TEST(RevertTest, LaterWritesOfOthersMergeWithIt) {
  TinyHub hub;
  Desk a(true, 1);
  Desk b(true, 2);
  a.Update(kRef, {{"n", 1}});
  a.Update(kRef, {{"n", 2}});
  SyncAll(*a.notebook, hub);
  SyncAll(*b.notebook, hub);
  a.Write(Reverting(kRef, 1));
  b.Update(kRef, {{"theirs", 1}});
  SyncAll(*a.notebook, hub);
  SyncAll(*b.notebook, hub);
  SyncAll(*a.notebook, hub);

  EXPECT_EQ(a.Data(kRef), Json({{"n", 1}, {"theirs", 1}}));
  EXPECT_EQ(b.Data(kRef), a.Data(kRef));
}

Json RandomValue(std::mt19937_64& chance, int depth) {
  switch (chance() % (depth > 0 ? 5U : 3U)) {
    case 0:
      return chance() % 3;
    case 1:
      return "text " + std::to_string(chance() % 3);
    case 2:
      return Json::array({chance() % 3, "x", {{"a", nullptr}}});
    default: {
      Json object = Json::object();
      for (std::uint64_t i = 0; i < chance() % 3; ++i)
        object["k" + std::to_string(chance() % 3)] = RandomValue(chance, depth - 1);
      return object;
    }
  }
}

TEST(RevertTest, AnyVersionOfARandomHistoryCanBeHadAgain) {
  const auto seed = TestSeed();
  SCOPED_TRACE(seed);
  std::mt19937_64 chance(seed);
  Desk desk(false, seed);
  desk.Update(kRef, Json::object());
  for (int step = 0; step < 300; ++step) {
    const auto version = desk.Version(kRef).version;
    if (chance() % 4 != 0) {
      auto write = Updating(kRef, {{"k" + std::to_string(chance() % 3), RandomValue(chance, 3)}});
      if (chance() % 4 == 0) write.update.on_conflict = Strategy::kLastWriteWins;
      desk.Write(std::move(write));
      if (chance() % 20 == 0 && !desk.Data(kRef).is_null()) desk.Write(Deleting(kRef));
      continue;
    }
    const auto wanted = 1 + chance() % version;
    const Json then = DataAt(desk, kRef, wanted);
    desk.Write(Reverting(kRef, wanted));
    ASSERT_EQ(desk.Data(kRef), then) << step;
  }
}

}  // namespace
}  // namespace contextsync::test::revert_test

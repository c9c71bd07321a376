// Conflicts from their finding to their end, on two notebooks and a hub: what waits for review,
// what a resolution does, and which strategy the policy picks.

#include <string>

#include "tests/simulation/two_notebooks.h"

namespace contextsync::conflict_review_test {
namespace {

const ContextRef kReviewed{Level::kTask, "t"};

ContextWrite Writing(const ContextRef& ref, Json data,
                     std::optional<Strategy> strategy = std::nullopt) {
  ContextWrite write;
  write.context = ref;
  write.update.data = std::move(data);
  write.update.on_conflict = strategy;
  return write;
}

class ConflictReviewTest : public ::testing::Test {
 protected:
  ConflictReviewTest() : a_(world_.a), b_(world_.b) {
    a_.Write(Writing(kReviewed, {{"status", "open"}, {"note", "n"}}));
    world_.MeetAll();
  }

  /// B wrote "blocked" without seeing A's "done": one record waits.
  ConflictRecord Clash(std::optional<Strategy> strategy = Strategy::kManual) {
    a_.Write(Writing(kReviewed, {{"status", "done"}}));
    b_.Write(Writing(kReviewed, {{"status", "blocked"}}, strategy));
    world_.MeetAll();
    const auto records = a_.Records(kReviewed);
    EXPECT_EQ(records.size(), 1U);
    return records.empty() ? ConflictRecord{} : records.front();
  }

  void ExpectBoth(const Json& status) {
    EXPECT_EQ(a_.Shown(kReviewed).at("status"), status);
    EXPECT_EQ(b_.Shown(kReviewed).at("status"), status);
    EXPECT_EQ(a_.Records(kReviewed), b_.Records(kReviewed));
    world_.ExpectIdentical();
  }

  ConflictRecord TheRecord() {
    const auto records = a_.Records(kReviewed);
    EXPECT_EQ(records.size(), 1U);
    return records.at(0);
  }

  TwoNotebooks world_;
  ApartNotebook& a_;
  ApartNotebook& b_;
};

TEST_F(ConflictReviewTest, TheIncumbentStaysShownAndTheChallengeWaits) {
  const ConflictRecord record = Clash();

  ExpectBoth("done");
  EXPECT_EQ(record.status, ConflictStatus::kOpen);
  EXPECT_EQ(record.path, "/status");
  EXPECT_EQ(record.current.value, "\"done\"");
  EXPECT_EQ(record.incoming.value, "\"blocked\"");
  EXPECT_EQ(record.incoming.agent, "b");
}

TEST_F(ConflictReviewTest, WhatDoesNotClashOfTheSameWriteIsTaken) {
  a_.Write(Writing(kReviewed, {{"status", "done"}}));
  b_.Write(Writing(kReviewed, {{"status", "blocked"}, {"owner", "b"}}, Strategy::kManual));
  world_.MeetAll();

  ExpectBoth("done");
  EXPECT_EQ(a_.Shown(kReviewed).at("owner"), "b");
}

TEST_F(ConflictReviewTest, ChoosingTheOtherSideShowsItAndClosesTheRecord) {
  a_.Resolve(Clash(), "incoming");
  world_.MeetAll();

  ExpectBoth("blocked");
  const ConflictRecord closed = TheRecord();
  EXPECT_EQ(closed.status, ConflictStatus::kResolved);
  ASSERT_TRUE(closed.resolution.has_value());
  EXPECT_EQ(closed.resolution->choose, "incoming");
  EXPECT_EQ(closed.resolution->by, "a");
  EXPECT_EQ(a_.notebook().Summary().conflicts_open, 0U);
  EXPECT_EQ(b_.notebook().Summary().conflicts_open, 0U);
}

TEST_F(ConflictReviewTest, ChoosingWhatIsShownClosesTheRecordAndNothingElse) {
  b_.Resolve(Clash(), "current");
  world_.MeetAll();

  ExpectBoth("done");
  EXPECT_EQ(TheRecord().status, ConflictStatus::kResolved);
  EXPECT_EQ(TheRecord().resolution->choose, "current");
}

TEST_F(ConflictReviewTest, AThirdValueMayBeChosen) {
  a_.Resolve(Clash(), "value", "waiting");
  world_.MeetAll();

  ExpectBoth("waiting");
  EXPECT_EQ(TheRecord().resolution->choose, "value");
}

TEST_F(ConflictReviewTest, TheOthersAreNoticedOfConflictAndResolution) {
  const auto before = a_.notebook().Latest();
  const ConflictRecord record = Clash();
  b_.Resolve(record, "incoming");
  world_.MeetAll();

  ChangesQuery query;
  query.since = before;
  query.session = "a";
  const auto changes = a_.notebook().Changes(query).value().changes;
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].change_type, "conflict");
  EXPECT_EQ(changes[0].keys, std::vector<std::string>{"status"});
  EXPECT_EQ(changes[1].change_type, "resolve");
  EXPECT_EQ(changes[1].keys, std::vector<std::string>{"status"});
}

TEST_F(ConflictReviewTest, TwoResolversApartLeaveOneValueAndNoLostOne) {
  const ConflictRecord record = Clash();
  a_.Resolve(record, "incoming");
  b_.Resolve(record, "value", "third");
  a_.Meet();
  world_.MeetAll();

  // The first one closed it; the second one did not know and waits for review in its turn.
  ExpectBoth("blocked");
  std::size_t open = 0;
  for (const auto& each : a_.Records(kReviewed)) {
    if (each.status != ConflictStatus::kOpen) continue;
    ++open;
    EXPECT_EQ(each.incoming.value, "\"third\"");
  }
  EXPECT_EQ(open, 1U);
}

TEST_F(ConflictReviewTest, AChainWrittenApartIsOneRecordWithItsLastValue) {
  a_.Write(Writing(kReviewed, {{"status", "done"}}));
  for (const char* status : {"blocked", "waiting", "stuck"})
    b_.Write(Writing(kReviewed, {{"status", status}}, Strategy::kManual));
  world_.MeetAll();

  ExpectBoth("done");
  EXPECT_EQ(TheRecord().incoming.value, "\"stuck\"");
}

TEST_F(ConflictReviewTest, AReviewedListComesBackAsItWas) {
  a_.Write(Writing(kReviewed, {{"todo", Json::array({"x"})}}));
  b_.Write(Writing(kReviewed, {{"todo", Json::array({"y", "z"})}}, Strategy::kManual));
  world_.MeetAll();
  EXPECT_EQ(b_.Shown(kReviewed).at("todo"), Json::array({"x"}));

  a_.Resolve(TheRecord(), "incoming");
  world_.MeetAll();

  EXPECT_EQ(a_.Shown(kReviewed).at("todo"), (Json::array({"y", "z"})));
  ExpectBoth("open");
}

TEST_F(ConflictReviewTest, VersionsShowBothUntilSomebodyWritesKnowingly) {
  Clash(Strategy::kVersion);
  const auto versions = b_.notebook().Versions(kReviewed).value();
  ASSERT_EQ(versions.size(), 1U);
  ASSERT_EQ(versions[0].sides.size(), 2U);
  EXPECT_EQ(versions[0].sides[0].value, "\"blocked\"") << "what is shown comes first";
  EXPECT_EQ(versions[0].sides[1].value, "\"done\"");

  b_.Write(Writing(kReviewed, {{"status", "known"}}));
  world_.MeetAll();

  ExpectBoth("known");
  EXPECT_TRUE(a_.notebook().Versions(kReviewed).value().empty());
  EXPECT_TRUE(b_.notebook().Versions(kReviewed).value().empty());
}

TEST_F(ConflictReviewTest, AnAutomaticRecordMayBeDecidedOtherwise) {
  const ConflictRecord record = Clash(Strategy::kVersion);

  a_.Resolve(record, "incoming");
  world_.MeetAll();

  ExpectBoth("done");
  EXPECT_EQ(TheRecord().status, ConflictStatus::kResolved);
  EXPECT_TRUE(b_.notebook().Versions(kReviewed).value().empty());
}

TEST_F(ConflictReviewTest, ThePolicyAtTheHubDecidesByPath) {
  a_.Write(Writing({Level::kGlobal, "_policy"},
                   {{"conflict", {{"paths", {{"/status", "manual"}, {"/note", "version"}}}}}}));
  world_.MeetAll();
  a_.Write(Writing(kReviewed, {{"status", "done"}, {"note", "a"}}));
  b_.Write(Writing(kReviewed, {{"status", "blocked"}, {"note", "b"}}));
  world_.MeetAll();

  ExpectBoth("done");
  EXPECT_EQ(a_.Shown(kReviewed).at("note"), "b");
  EXPECT_EQ(a_.notebook().Summary().conflicts_open, 1U);
  EXPECT_EQ(a_.notebook().Versions(kReviewed).value().size(), 1U);
}

TEST_F(ConflictReviewTest, AProjectKeepsBothValuesWithoutAnyPolicy) {
  const ContextRef project{Level::kProject, "p"};
  a_.Write(Writing(project, {{"lead", "x"}}));
  world_.MeetAll();
  a_.Write(Writing(project, {{"lead", "y"}}));
  b_.Write(Writing(project, {{"lead", "z"}}));
  world_.MeetAll();

  EXPECT_EQ(a_.notebook().Versions(project).value().size(), 1U);
  EXPECT_EQ(b_.notebook().Versions(project).value().size(), 1U);
}

}  // namespace
}  // namespace contextsync::conflict_review_test

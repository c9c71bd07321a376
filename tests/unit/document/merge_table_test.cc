// What two concurrent writers A and B come to, B with the larger stamp: the rows of the merge
// table.

#include <gtest/gtest.h>

#include "tests/unit/document/replica.h"

namespace contextsync::merge_table_test {
namespace {

// Both start from the same document and write without knowing of each other.
class MergeTableTest : public ::testing::Test {
 protected:
  void Start(std::string_view text) { Start(Data(text)); }

  void Start(const Update& update) {
    Replica origin(9, 1'700'000'000'000);
    const Compiled first = origin.Write(update);
    a_.Take(first.delta);
    b_.Take(first.delta);
  }

  // A write of one of them before, which reaches the other only with all the rest.
  void Before(Replica& replica, const Update& update) {
    earlier_.push_back(replica.Write(update).delta);
  }

  // What both show after taking each other's write.
  std::string Merge(const Update& a, const Update& b) {
    const Delta from_a = a_.Write(a).delta;
    const Delta from_b = b_.Write(b).delta;
    a_.Take(from_b);
    b_.Take(from_a);
    for (const Delta& delta : earlier_) {
      a_.Take(delta);
      b_.Take(delta);
    }
    EXPECT_EQ(a_.state(), b_.state());
    EXPECT_EQ(a_.view(), b_.view());
    return a_.view().exists ? a_.Text() : "gone";
  }

  std::string Merge(std::string_view a, std::string_view b) { return Merge(Data(a), Data(b)); }

  Replica a_{1, 1'700'000'001'000};
  Replica b_{2, 1'700'000'002'000};
  std::vector<Delta> earlier_;
};

Update Erase() {
  Update update;
  update.erase_context = true;
  return update;
}

Update Remove(const std::string& pointer, const Json& value) {
  Update update;
  update.remove.emplace_back(pointer, std::vector<Json>{value});
  return update;
}

Update Atomic(std::string_view text) {
  Update update = Data(text);
  update.on_conflict = Strategy::kLastWriteWins;
  return update;
}

TEST_F(MergeTableTest, DifferentFieldsBothStay) {
  Start("{}");
  EXPECT_EQ(Merge(R"({"a":1})", R"({"b":2})"), R"({"a":1,"b":2})");
}

TEST_F(MergeTableTest, AppendsFollowTheirStamps) {
  Start(R"({"files":["o"]})");
  EXPECT_EQ(Merge(R"({"files":["x"]})", R"({"files":["y"]})"), R"({"files":["o","x","y"]})");
}

TEST_F(MergeTableTest, SameElementStaysOnceAtTheEarlierPlace) {
  Start(R"({"files":["o"]})");
  EXPECT_EQ(Merge(R"({"files":["x","p"]})", R"({"files":["q","x"]})"),
            R"({"files":["o","x","p","q"]})");
}

TEST_F(MergeTableTest, LargerStampShowsItsScalar) {
  Start(R"({"s":0})");
  EXPECT_EQ(Merge(R"({"s":1})", R"({"s":2})"), R"({"s":2})");
}

TEST_F(MergeTableTest, ObjectsMergeAtEveryDepth) {
  Start("{}");
  EXPECT_EQ(Merge(R"({"o":{"p":{"x":1}}})", R"({"o":{"p":{"y":2}}})"),
            R"({"o":{"p":{"x":1,"y":2}}})");
}

TEST_F(MergeTableTest, AnotherKindShadowsButDoesNotKill) {
  Start("{}");
  EXPECT_EQ(Merge(R"({"k":{"x":1}})", R"({"k":["y"]})"), R"({"k":["y"]})");
  EXPECT_NE(FindCell(a_.state(), "d/k/x"), nullptr);
}

TEST_F(MergeTableTest, AnotherKindKillsWhatItsWriterSaw) {
  Start(R"({"k":{"old":1}})");
  a_.Take(b_.Write(R"({"k":5})").delta);
  a_.Write(R"({"k":{"new":2}})");
  EXPECT_EQ(a_.Text(), R"({"k":{"new":2}})");
}

TEST_F(MergeTableTest, LaterDeleteBeatsAnEdit) {
  Start(R"({"k":{"x":1}})");
  EXPECT_EQ(Merge(R"({"k":{"x":2}})", R"({"k":null})"), "{}");
}

TEST_F(MergeTableTest, LaterDeleteOfTheContextBeatsAnEdit) {
  Start(R"({"k":1})");
  EXPECT_EQ(Merge(Data(R"({"k":2})"), Erase()), "gone");
}

TEST_F(MergeTableTest, LaterEditRevivesWithoutItsDeadSiblings) {
  Start(R"({"k":{"x":1,"y":1}})");
  EXPECT_EQ(Merge(R"({"k":null})", R"({"k":{"x":2}})"), R"({"k":{"x":2}})");
}

TEST_F(MergeTableTest, LaterEditRevivesTheContext) {
  Start(R"({"k":1,"o":{"p":1}})");
  EXPECT_EQ(Merge(Erase(), Data(R"({"o":{"q":2}})")), R"({"o":{"q":2}})");
  EXPECT_EQ(a_.view().created_at, 1'700'000'000'000);
}

TEST_F(MergeTableTest, DeletingBelowADeletedParentDoesNotReviveIt) {
  Start(R"({"k":{"x":1,"y":1}})");
  EXPECT_EQ(Merge(R"({"k":null})", R"({"k":{"x":null}})"), "{}");
}

TEST_F(MergeTableTest, RemovingBelowADeletedParentDoesNotReviveIt) {
  Start(R"({"k":{"l":["x","y"]}})");
  EXPECT_EQ(Merge(Data(R"({"k":null})"), Remove("/k/l", "x")), "{}");
}

TEST_F(MergeTableTest, AddingAgainBeatsAnEarlierRemoval) {
  Start(R"({"files":["x","y"]})");
  Before(b_, Remove("/files", "x"));
  EXPECT_EQ(Merge(Remove("/files", "x"), Data(R"({"files":["x"]})")), R"({"files":["y","x"]})");
}

TEST_F(MergeTableTest, LaterRemovalBeatsAnUnseenAddition) {
  Start(R"({"files":["x","y"]})");
  Before(a_, Remove("/files", "x"));
  EXPECT_EQ(Merge(Data(R"({"files":["x"]})"), Remove("/files", "x")), R"({"files":["y"]})");
}

TEST_F(MergeTableTest, LaterAppendJoinsAReplacedList) {
  Start(R"({"l":["o"]})");
  Update replace = Data(R"({"l":["n"]})");
  replace.replace = {"/l"};
  EXPECT_EQ(Merge(replace, Data(R"({"l":["z"]})")), R"({"l":["n","z"]})");
}

TEST_F(MergeTableTest, LaterReplacementDropsAnUnseenAppend) {
  Start(R"({"l":["o"]})");
  Update replace = Data(R"({"l":["n"]})");
  replace.replace = {"/l"};
  EXPECT_EQ(Merge(Data(R"({"l":["z"]})"), replace), R"({"l":["n"]})");
}

TEST_F(MergeTableTest, OfTwoReplacementsTheLaterStays) {
  Start(R"({"todo":["o"]})");
  EXPECT_EQ(Merge(R"({"todo":["a","b"]})", R"({"todo":["c"]})"), R"({"todo":["c"]})");
}

TEST_F(MergeTableTest, AtomLosesWholeToOneWhoSawIt) {
  Start(Atomic(R"({"k":{"x":1}})"));
  EXPECT_EQ(Merge(Atomic(R"({"k":{"y":1}})"), Data(R"({"k":{"z":1}})")), R"({"k":{"x":1,"z":1}})");
}

TEST_F(MergeTableTest, AtomLosesToFieldsOfOneWhoSawAnObject) {
  Start(R"({"k":{"x":1}})");
  EXPECT_EQ(Merge(Atomic(R"({"k":{"y":1}})"), Data(R"({"k":{"z":1}})")), R"({"k":{"z":1}})");
}

// Exploding must not kill what somebody else wrote below at the same time.
TEST_F(MergeTableTest, ExplodingKeepsAConcurrentNeighbour) {
  Start(Atomic(R"({"k":{"x":1}})"));
  EXPECT_EQ(Merge(R"({"k":{"y":2}})", R"({"k":{"z":3}})"), R"({"k":{"x":1,"y":2,"z":3}})");
}

TEST_F(MergeTableTest, ExplodingAListTwiceDoesNotDoubleIt) {
  Start(Atomic(R"({"insights":["a","b"]})"));
  EXPECT_EQ(Merge(R"({"insights":["x"]})", R"({"insights":["y"]})"),
            R"({"insights":["a","b","x","y"]})");
}

TEST_F(MergeTableTest, SameLogEntryFromTwoWritersStaysTwice) {
  Start(R"({"insights":[]})");
  EXPECT_EQ(Merge(R"({"insights":["x"]})", R"({"insights":["x"]})"), R"({"insights":["x","x"]})");
}

}  // namespace
}  // namespace contextsync::merge_table_test

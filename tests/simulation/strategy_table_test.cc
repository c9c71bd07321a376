// Every row of the merge table (docs/sync_protocol.md#merge) under every strategy, whoever reaches
// the hub first: two notebooks write apart, meet, and must show the same, with the same records.

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "tests/simulation/two_notebooks.h"

namespace contextsync::strategy_table_test {
namespace {

const ContextRef kTask{Level::kTask, "t"};

ContextWrite Set(Json data) {
  ContextWrite write;
  write.context = kTask;
  write.update.data = std::move(data);
  return write;
}

ContextWrite Set(const char* data) {
  return Set(Json::parse(data));
}

ContextWrite Replace(const char* data, std::string pointer) {
  ContextWrite write = Set(data);
  write.update.replace = {std::move(pointer)};
  return write;
}

ContextWrite Remove(std::string pointer, Json value) {
  ContextWrite write = Set(Json::object());
  write.update.remove = {{std::move(pointer), {std::move(value)}}};
  return write;
}

ContextWrite Atom(const char* data) {
  ContextWrite write = Set(data);
  write.update.on_conflict = Strategy::kLastWriteWins;
  return write;
}

ContextWrite Delete() {
  ContextWrite write;
  write.context = kTask;
  write.update.erase_context = true;
  write.expectation = Expectation::kPresent;
  return write;
}

using Writes = std::vector<ContextWrite>;
using Kinds = std::set<ConflictKind>;

const Kinds kNone = {};
const Kinds kScalar = {ConflictKind::kScalar};
const Kinds kType = {ConflictKind::kType};
const Kinds kDeleteUpdate = {ConflictKind::kDeleteUpdate};

/// Concurrent writes of A and B on `base`; B's are later.
struct Row {
  std::string name;
  Writes base;
  Writes a;
  Writes b;
  const char* shown;      // where the hub joins; "null": the context does not exist
  Kinds kinds;            // what the record may say; none: no record
  const char* path = "";  // of the record
};

const std::vector<Row>& Table() {
  static const std::vector<Row> rows = {
      {"DifferentFields",
       {Set(R"({"s":0})")},
       {Set(R"({"x":1})")},
       {Set(R"({"y":2})")},
       R"({"s":0,"x":1,"y":2})",
       kNone},
      {"TwoAppends",
       {Set(R"({"l":["a"]})")},
       {Set(R"({"l":["x"]})")},
       {Set(R"({"l":["y"]})")},
       R"({"l":["a","x","y"]})",
       kNone},
      {"TheSameElement",
       {Set(R"({"l":["a"]})")},
       {Set(R"({"l":["x"]})")},
       {Set(R"({"l":["y","x"]})")},
       R"({"l":["a","x","y"]})",
       kNone},
      {"TheSameScalar",
       {Set(R"({"s":0})")},
       {Set(R"({"s":1})")},
       {Set(R"({"s":1})")},
       R"({"s":1})",
       kNone},
      {"TwoScalars",
       {Set(R"({"s":0})")},
       {Set(R"({"s":1})")},
       {Set(R"({"s":2})")},
       R"({"s":2})",
       kScalar,
       "/s"},
      {"TwoObjects",
       {Set(R"({"s":0})")},
       {Set(R"({"o":{"p":1}})")},
       {Set(R"({"o":{"q":2}})")},
       R"({"s":0,"o":{"p":1,"q":2}})",
       kNone},
      {"AnObjectAndAScalar",
       {Set(R"({"s":0})")},
       {Set(R"({"n":{"p":1}})")},
       {Set(R"({"n":7})")},
       R"({"s":0,"n":7})",
       kType,
       "/n"},
      {"AScalarAndAList",
       {Set(R"({"s":0})")},
       {Set(R"({"n":7})")},
       {Set(R"({"n":["x"]})")},
       R"({"s":0,"n":["x"]})",
       kType,
       "/n"},
      {"AnEditAndADeletedField",
       {Set(R"({"s":0,"k":1})")},
       {Set(R"({"s":1})")},
       {Set(R"({"s":null})")},
       R"({"k":1})",
       kDeleteUpdate,
       "/s"},
      {"AnEditAndADeletedParent",
       {Set(R"({"o":{"p":0},"k":1})")},
       {Set(R"({"o":{"p":1}})")},
       {Set(R"({"o":null})")},
       R"({"k":1})",
       kDeleteUpdate,
       "/o"},
      {"AnEditAndADeletedContext",
       {Set(R"({"s":0})")},
       {Set(R"({"s":1})")},
       {Delete()},
       "null",
       kDeleteUpdate,
       ""},
      {"ADeletedFieldAndAnEdit",
       {Set(R"({"s":0,"k":1})")},
       {Set(R"({"s":null})")},
       {Set(R"({"s":1})")},
       R"({"k":1,"s":1})",
       kDeleteUpdate,
       "/s"},
      {"ADeletedParentAndAnEdit",
       {Set(R"({"o":{"p":0,"q":0}})")},
       {Set(R"({"o":null})")},
       {Set(R"({"o":{"p":1}})")},
       R"({"o":{"p":1}})",
       kDeleteUpdate,
       "/o"},
      {"ARemovalAndAnAdditionAnew",
       {Set(R"({"l":["a","x"]})")},
       {Remove("/l", "x")},
       {Remove("/l", "x"), Set(R"({"l":["x"]})")},
       R"({"l":["a","x"]})",
       kNone},
      {"AnAdditionAnewAndARemoval",
       {Set(R"({"l":["a","x"]})")},
       {Remove("/l", "x"), Set(R"({"l":["x"]})")},
       {Remove("/l", "x")},
       R"({"l":["a"]})",
       kNone},
      {"AReplacedListAndAnAppend",
       {Set(R"({"l":["a"]})")},
       {Replace(R"({"l":["n"]})", "/l")},
       {Set(R"({"l":["y"]})")},
       R"({"l":["n","y"]})",
       kNone},
      {"AnAppendAndAReplacedList",
       {Set(R"({"l":["a"]})")},
       {Set(R"({"l":["y"]})")},
       {Replace(R"({"l":["n"]})", "/l")},
       R"({"l":["n"]})",
       kDeleteUpdate,
       "/l"},
      {"TwoReplacedLists",
       {Set(R"({"l":["a"]})")},
       {Replace(R"({"l":["p"]})", "/l")},
       {Replace(R"({"l":["q"]})", "/l")},
       R"({"l":["q"]})",
       {ConflictKind::kScalar, ConflictKind::kDeleteUpdate},
       "/l"},
      {"AnAtomAndItsExplosion",
       {Atom(R"({"t":{"a":1}})")},
       {Atom(R"({"t":{"a":2}})")},
       {Set(R"({"t":{"b":3}})")},
       R"({"t":{"a":1,"b":3}})",
       {ConflictKind::kScalar, ConflictKind::kType, ConflictKind::kDeleteUpdate},
       "/t"},
      {"AnAtomAndAnEditOfTheObject",
       {Set(R"({"t":{"a":1}})")},
       {Atom(R"({"t":{"a":2}})")},
       {Set(R"({"t":{"b":3}})")},
       R"({"t":{"b":3}})",
       {ConflictKind::kType, ConflictKind::kDeleteUpdate},
       "/t"},
  };
  return rows;
}

/// The strategies of a call; the last one is `fail`.
enum class CallStrategy { kMerge, kLastWriteWins, kVersion, kManual, kFail };

std::string NameOf(CallStrategy strategy) {
  switch (strategy) {
    case CallStrategy::kMerge:
      return "Merge";
    case CallStrategy::kLastWriteWins:
      return "LastWriteWins";
    case CallStrategy::kVersion:
      return "Version";
    case CallStrategy::kManual:
      return "Manual";
    case CallStrategy::kFail:
      break;
  }
  return "Fail";
}

void Apply(CallStrategy strategy, ContextWrite& write) {
  const std::map<CallStrategy, Strategy> named = {
      {CallStrategy::kMerge, Strategy::kMerge},
      {CallStrategy::kLastWriteWins, Strategy::kLastWriteWins},
      {CallStrategy::kVersion, Strategy::kVersion},
      {CallStrategy::kManual, Strategy::kManual}};
  write.fail_on_conflict = strategy == CallStrategy::kFail;
  const auto found = named.find(strategy);
  if (found != named.end() && !write.update.on_conflict) write.update.on_conflict = found->second;
}

using Case = std::tuple<std::size_t, CallStrategy, bool>;  // row, strategy, B is the challenger

class StrategyTableTest : public ::testing::TestWithParam<Case> {
 protected:
  StrategyTableTest()
      : row_(Table()[std::get<0>(GetParam())]),
        strategy_(std::get<1>(GetParam())),
        incumbent_(std::get<2>(GetParam()) ? world_.a : world_.b),
        challenger_(std::get<2>(GetParam()) ? world_.b : world_.a) {}

  void SetUp() override {
    const Writes& challenge = std::get<2>(GetParam()) ? row_.b : row_.a;
    const bool names_its_own =
        std::any_of(challenge.begin(), challenge.end(),
                    [](const ContextWrite& write) { return write.update.on_conflict.has_value(); });
    const bool agrees =
        strategy_ == CallStrategy::kMerge || strategy_ == CallStrategy::kLastWriteWins;
    if (names_its_own && !agrees)
      GTEST_SKIP() << "the challenger's write names last_write_wins itself";
    for (const auto& write : row_.base)
      world_.a.Write(write);
    world_.MeetAll();
    WriteAll(world_.a, row_.a);
    WriteAll(world_.b, row_.b);
    before_ = incumbent_.Shown(kTask);
    last_ = LastWritten();
    incumbent_.Meet();
    challenger_.Meet();
    world_.MeetAll();
  }

  void WriteAll(ApartNotebook& notebook, const Writes& writes) {
    for (ContextWrite write : writes) {
      Apply(strategy_, write);
      const std::string op_id = notebook.Write(std::move(write));
      if (&notebook == &challenger_) challenges_.push_back(op_id);
    }
  }

  /// Each top-level key as whoever sent it last saw it then.
  [[nodiscard]] Json LastWritten() const {
    Json expected = world_.a.Shown(kTask);
    const Json at_b = world_.b.Shown(kTask);
    if (at_b.is_null()) return at_b;
    for (const auto& write : row_.b) {
      for (const auto& [key, value] : write.update.data.items()) {
        expected.erase(key);
        if (at_b.contains(key)) expected[key] = at_b[key];
      }
    }
    return expected;
  }

  [[nodiscard]] bool IsConflict() const { return !row_.kinds.empty(); }

  void ExpectShown(const Json& expected) {
    EXPECT_EQ(world_.a.Shown(kTask), expected);
    EXPECT_EQ(world_.b.Shown(kTask), expected);
    world_.ExpectIdentical();
  }

  void ExpectRecord(ConflictStatus status) {
    const auto records = world_.a.Records(kTask);
    EXPECT_EQ(records, world_.b.Records(kTask));
    ASSERT_EQ(records.size(), IsConflict() ? 1U : 0U);
    if (records.empty()) return;
    EXPECT_EQ(records[0].path, row_.path);
    EXPECT_TRUE(row_.kinds.contains(records[0].kind)) << ToString(records[0].kind);
    EXPECT_EQ(records[0].status, status);
  }

  void ExpectVersions(bool are_kept) {
    const auto at_a = world_.a.notebook().Versions(kTask).value();
    const auto at_b = world_.b.notebook().Versions(kTask).value();
    ASSERT_EQ(at_a.size(), are_kept ? 1U : 0U);
    ASSERT_EQ(at_b.size(), at_a.size());
    if (at_a.empty()) return;
    EXPECT_EQ(at_a[0].path, row_.path);
    EXPECT_EQ(at_a[0].sides.size(), 2U);
    EXPECT_EQ(at_a[0].sides, at_b[0].sides);
  }

  /// Whole values: what was united or merged under another strategy is the later one here.
  void ExpectLastWritten() {
    ExpectShown(last_);
    const auto records = world_.a.Records(kTask);
    EXPECT_EQ(records, world_.b.Records(kTask));
    EXPECT_LE(records.size(), 1U);
    EXPECT_GE(records.size(), IsConflict() ? 1U : 0U);
    for (const auto& record : records)
      EXPECT_EQ(record.status, ConflictStatus::kAuto);
    ExpectVersions(false);
  }

  /// What was shown before the challenger came stays; what it wanted waits in the record.
  void ExpectReview() {
    ExpectShown(IsConflict() ? before_ : Json::parse(row_.shown));
    ExpectRecord(ConflictStatus::kOpen);
    EXPECT_EQ(world_.a.notebook().Summary().conflicts_open, IsConflict() ? 1U : 0U);
    if (!IsConflict()) return;
    const auto record = world_.a.Records(kTask).at(0);
    EXPECT_EQ(record.incoming.agent, challenger_.name());
    EXPECT_FALSE(record.left_out.empty());
  }

  /// The hub took nothing of the challenger, and after it is taken back nothing is left of it.
  void ExpectRefusal() {
    const std::uint64_t parked = challenger_.notebook().Summary().parked;
    if (!IsConflict()) {
      EXPECT_EQ(parked, 0U);
      return ExpectShown(Json::parse(row_.shown));
    }
    EXPECT_EQ(parked, 1U);
    EXPECT_EQ(incumbent_.Shown(kTask), before_);
    const auto refusal = challenger_.notebook().Withdraw(challenges_.back());
    ASSERT_TRUE(refusal.has_value());
    EXPECT_EQ(refusal->code, RefusalCode::kVersionMismatch);
    ExpectShown(before_);
    EXPECT_TRUE(world_.a.Records(kTask).empty());
  }

  TwoNotebooks world_;
  const Row& row_;
  const CallStrategy strategy_;
  ApartNotebook& incumbent_;
  ApartNotebook& challenger_;
  Json before_;                          // what the incumbent showed
  Json last_;                            // what last_write_wins makes of both
  std::vector<std::string> challenges_;  // op_ids
};

TEST_P(StrategyTableTest, BothShowTheSameWithTheSameRecords) {
  switch (strategy_) {
    case CallStrategy::kMerge:
      ExpectShown(Json::parse(row_.shown));
      ExpectRecord(ConflictStatus::kAuto);
      ExpectVersions(false);
      break;
    case CallStrategy::kLastWriteWins:
      ExpectLastWritten();
      break;
    case CallStrategy::kVersion:
      ExpectShown(Json::parse(row_.shown));
      ExpectRecord(ConflictStatus::kAuto);
      ExpectVersions(IsConflict());
      break;
    case CallStrategy::kManual:
      ExpectReview();
      break;
    case CallStrategy::kFail:
      ExpectRefusal();
      break;
  }
}

INSTANTIATE_TEST_SUITE_P(
    MergeTable, StrategyTableTest,
    ::testing::Combine(::testing::Range<std::size_t>(0, Table().size()),
                       ::testing::Values(CallStrategy::kMerge, CallStrategy::kLastWriteWins,
                                         CallStrategy::kVersion, CallStrategy::kManual,
                                         CallStrategy::kFail),
                       ::testing::Bool()),
    [](const ::testing::TestParamInfo<Case>& test) {
      return Table()[std::get<0>(test.param)].name + NameOf(std::get<1>(test.param)) +
             (std::get<2>(test.param) ? "LaterSecond" : "EarlierSecond");
    });

}  // namespace
}  // namespace contextsync::strategy_table_test

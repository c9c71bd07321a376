// Conflict records as their writers go on: amended, taken in by others, closed.

#include <gmock/gmock.h>

#include "tests/unit/hub/conflict_fixture.h"

namespace contextsync::conflict_chain_test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class ConflictChainTest : public ConflictFixture {};

TEST_F(ConflictChainTest, OwnChainOfflineDoesNotClashWithItself) {
  Begin(R"({"x":1})");
  const auto results = a_.Push({a_.Set(R"({"x":2})"), a_.Set(R"({"x":3})")});

  EXPECT_EQ(results[1].status, PushStatus::kAccepted);
  EXPECT_THAT(hub_.Records(), IsEmpty());
}

TEST_F(ConflictChainTest, OwnLaterEntryAmendsTheRecord) {
  Begin(R"({"x":1})");
  const PushEntry first = a_.Set(R"({"x":2})");
  const PushEntry second = a_.Set(R"({"x":3})");
  b_.PushOne(b_.Set(R"({"x":9})"));

  const auto results = a_.Push({first, second});

  const ConflictRecord record = Only();
  EXPECT_EQ(results[0].status, PushStatus::kConflict);
  EXPECT_EQ(results[1].status, PushStatus::kConflict);
  EXPECT_EQ(results[1].conflicts, std::vector{record.id});
  EXPECT_EQ(record.seq, HubSequence(3));
  EXPECT_EQ(record.rev, HubSequence(4));
  const ConflictSide& mine = record.current.device == a_.device ? record.current : record.incoming;
  EXPECT_EQ(mine.value, Value("3"));
  EXPECT_EQ(mine.seq, HubSequence(4));
}

TEST_F(ConflictChainTest, ChainThatWonIsAmendedToo) {
  Begin(R"({"x":1})");
  b_.PushOne(b_.Set(R"({"x":9})"));
  Later();
  a_.Push({a_.Set(R"({"x":2})"), a_.Set(R"({"x":3})")});

  EXPECT_EQ(Only().current.value, Value("3"));
  EXPECT_EQ(Only().incoming.value, Value("9"));
  EXPECT_EQ(Only().status, ConflictStatus::kAuto);
}

TEST_F(ConflictChainTest, ChainThatDeletesAmendsToo) {
  Begin(R"({"x":1,"y":1})");
  b_.PushOne(b_.Set(R"({"x":9})"));
  Later();
  a_.Push({a_.Set(R"({"x":2})"), a_.Set(R"({"x":null})")});

  EXPECT_EQ(Only().current.value, kDeleted);
}

TEST_F(ConflictChainTest, ChainThatEndsEqualClosesTheRecord) {
  Begin(R"({"x":1})");
  b_.PushOne(b_.Set(R"({"x":9})"));
  Later();
  a_.Push({a_.Set(R"({"x":2})"), a_.Set(R"({"x":9})")});

  EXPECT_EQ(Only().status, ConflictStatus::kResolved);
}

TEST_F(ConflictChainTest, AmendedUnderManualOpens) {
  Begin(R"({"x":1})");
  b_.PushOne(b_.Set(R"({"x":9})"));
  Later();
  a_.Push({a_.Set(R"({"x":2})"), Under(Strategy::kManual, a_.Set(R"({"x":3})"))});

  EXPECT_EQ(Only().status, ConflictStatus::kOpen);
}

TEST_F(ConflictChainTest, KnowingWriteClosesTheRecord) {
  Begin(R"({"x":1})");
  Cross(R"({"x":2})", R"({"x":3})");
  b_.Pull();

  b_.PushOne(b_.Set(R"({"x":4})"));

  EXPECT_EQ(Only().status, ConflictStatus::kResolved);
  EXPECT_EQ(Only().resolution->choose, "superseded");
  EXPECT_EQ(Only().rev, HubSequence(4));
  EXPECT_EQ(hub_.Feed().at(3).conflicts.size(), 1U);
  EXPECT_THAT(hub_.Records(false), IsEmpty());
}

TEST_F(ConflictChainTest, KnowingDeleteAboveClosesTheRecord) {
  Begin(R"({"p":{"x":1},"y":1})");
  Cross(R"({"p":{"x":2}})", R"({"p":{"x":3}})");
  b_.Pull();

  b_.PushOne(b_.Set(R"({"p":null})"));

  EXPECT_EQ(Only().status, ConflictStatus::kResolved);
}

TEST_F(ConflictChainTest, KnowingWriteElsewhereLeavesTheRecord) {
  Begin(R"({"p":{"x":1}})");
  Cross(R"({"p":{"x":2}})", R"({"p":{"x":3}})");
  b_.Pull();

  b_.PushOne(b_.Set(R"({"p":{"z":4}})"));

  EXPECT_EQ(Only().status, ConflictStatus::kAuto);
}

TEST_F(ConflictChainTest, SideThatSawTheOtherClosesTheRecord) {
  Begin(R"({"x":1})");
  const PushEntry first = a_.Set(R"({"x":2})");
  b_.PushOne(b_.Set(R"({"x":9})"));
  Later();
  a_.Pull();  // now A has seen 9, but not yet the record
  const PushEntry second = a_.Set(R"({"x":5})");
  a_.Push({first, second});

  EXPECT_EQ(Only().status, ConflictStatus::kResolved);
}

TEST_F(ConflictChainTest, ClashAboveTakesInOwnRecordsBelow) {
  Begin(R"({"p":{"x":1},"y":1})");
  const PushEntry below = a_.Set(R"({"p":{"x":2}})");
  const PushEntry above = a_.Set(R"({"p":null})");
  b_.PushOne(b_.Set(R"({"p":{"x":9,"z":1}})"));

  a_.Push({below, above});

  const auto records = hub_.Records();
  ASSERT_THAT(records, SizeIs(2));
  for (const ConflictRecord& record : records) {
    const auto expected = record.path == "/p" ? ConflictStatus::kAuto : ConflictStatus::kResolved;
    EXPECT_EQ(record.status, expected) << record.path;
  }
}

TEST_F(ConflictChainTest, ThirdWriterMakesASecondRecord) {
  TestNotebook c(hub_, 0xC);
  Begin(R"({"x":1})");
  c.Pull();
  Later();
  const PushEntry third = c.Set(R"({"x":7})");
  Cross(R"({"x":2})", R"({"x":3})");

  EXPECT_EQ(c.PushOne(third).status, PushStatus::kConflict);

  EXPECT_THAT(hub_.Records(), SizeIs(2));
}

TEST_F(ConflictChainTest, RecordIdDoesNotDependOnNumbers) {
  const auto id_with = [](int writes_before) {
    TestHub hub;
    TestNotebook a(hub, 0xA);
    TestNotebook b(hub, 0xB);
    const PushEntry second = b.Set(R"({"x":2})");
    for (int i = 0; i < writes_before; ++i) {
      const std::string json = R"({"y":)" + std::to_string(i) + "}";
      a.PushOne(a.Set(json.c_str(), {Level::kTask, "other"}));
    }
    a.PushOne(a.Set(R"({"x":1})"));
    return b.PushOne(second).conflicts.at(0);
  };

  EXPECT_EQ(id_with(0), id_with(3));
  EXPECT_EQ(id_with(0).size(), 18U);
}

}  // namespace
}  // namespace contextsync::conflict_chain_test

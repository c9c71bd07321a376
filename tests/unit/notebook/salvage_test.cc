#include "core/notebook/salvage.h"

#include "core/notebook/keys.h"
#include "core/notebook/tables.h"
#include "tests/unit/notebook/fixture.h"

namespace contextsync::test::salvage_test {
namespace {

class SalvageTest : public ::testing::Test {
 protected:
  SalvageTest() {
    desk_.Update(Task("t1"), {{"a", 1}, {"list", {"x", "y"}}});
    desk_.Update(Task("t2"), {{"b", 2}});
    desk_.Update(Task("t1"), {{"a", 3}});
    desk_.Write(Deleting(Task("t2")));
    device_ = desk_.notebook->Position().device;
  }

  void Damage(TableId table, std::string key, std::optional<std::string> value = std::nullopt) {
    TableBatch batch;
    if (value) {
      batch.Put(table, std::move(key), std::move(*value));
    } else {
      batch.Delete(table, std::move(key));
    }
    ASSERT_TRUE(desk_.store.Write(batch, Durability::kSynced).ok());
  }

  SalvageReport Salvage() {
    auto report = SalvageNotebook(
        {desk_.store, WorkspaceId("w"), desk_.mark.Load(), desk_.clock, desk_.random});
    EXPECT_TRUE(report.ok()) << report.error().message();
    desk_.Open();
    return report.ok() ? report.value() : SalvageReport{};
  }

  void ExpectSound() {
    const auto problems = desk_.notebook->Audit();
    ASSERT_TRUE(problems.ok());
    EXPECT_TRUE(problems.value().empty()) << problems.value().front();
    EXPECT_NE(desk_.notebook->Position().device, device_);
    EXPECT_TRUE(desk_.notebook->Summary().recovery.has_value());
  }

  Desk desk_;
  DeviceId device_;
};

TEST_F(SalvageTest, SoundNotebookComesThroughWhole) {
  const std::string before = desk_.notebook->Fingerprint().value().state_hash;

  const SalvageReport report = Salvage();

  EXPECT_EQ(report.damaged, 0U);
  EXPECT_EQ(report.entries, 4U);
  EXPECT_EQ(desk_.notebook->Fingerprint().value().state_hash, before);
  EXPECT_EQ(desk_.Data(Task("t1")), Json({{"a", 3}, {"list", {"x", "y"}}}));
  EXPECT_TRUE(desk_.Data(Task("t2")).is_null());
  ExpectSound();
}

TEST_F(SalvageTest, AHoleInTheJournalIsClosed) {
  Damage(tables::kJournal, keys::Entry(EntryNumber(2)));
  ASSERT_FALSE(desk_.TryOpen().ok());

  Salvage();

  EXPECT_EQ(desk_.notebook->Position().unsent, 3U);
  EXPECT_EQ(desk_.Data(Task("t1")).at("a"), 3);
  ExpectSound();
}

TEST_F(SalvageTest, WithoutItsRecordTheNotebookIsPutTogetherAgain) {
  Damage(tables::kMeta, keys::MetaRecord());

  Salvage();

  EXPECT_EQ(desk_.Data(Task("t1")).at("a"), 3);
  EXPECT_EQ(desk_.notebook->Summary().contexts, 1U);
  const auto written = desk_.Update(Task("t3"), {{"c", 1}});
  EXPECT_EQ(written.first_n, EntryNumber(5));
  ExpectSound();
}

TEST_F(SalvageTest, ContextIsTakenFromTheJournalWhereItsCellsAreDamaged) {
  Damage(tables::kDocuments, keys::Cells(0, Task("t1")), "garbage");

  const SalvageReport report = Salvage();

  EXPECT_EQ(report.damaged, 1U);
  EXPECT_EQ(desk_.Data(Task("t1")), Json({{"a", 3}, {"list", {"x", "y"}}}));
  ExpectSound();
}

TEST_F(SalvageTest, SaysWhichOwnEntriesAreMissingAtTheEnd) {
  Damage(tables::kMeta, keys::MetaRecord());
  for (const std::uint64_t n : {3U, 4U})
    Damage(tables::kJournal, keys::Entry(EntryNumber(n)));

  Salvage();

  const Recovery told = *desk_.notebook->Summary().recovery;
  EXPECT_EQ(told.lost_from, EntryNumber(3));
  EXPECT_EQ(told.lost_to, EntryNumber(4));
  ExpectSound();
}

TEST_F(SalvageTest, KnownOperationIsStillAnsweredWithItsReceipt) {
  const auto first = desk_.Write(Updating(Task("t9"), {{"k", 1}}), "op-known");

  Salvage();

  const auto again = desk_.Write(Updating(Task("t9"), {{"k", 1}}), "op-known");
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.writes.front().version, first.writes.front().version);
}

TEST_F(SalvageTest, WhatWasPurgedStaysAwayAlsoWhereAnOlderRowComesToLight) {
  const std::string cells = keys::Cells(0, Task("t1"));
  const auto before = desk_.store.Get(tables::kDocuments, cells).value();
  ASSERT_TRUE(desk_.notebook->Purge({Task("t1"), "/a", "agent-a", {}}).ok());
  ASSERT_TRUE(desk_.notebook->Scrub().ok());
  const auto kept = desk_.store.Get(tables::kMeta, keys::Purges(Task("t1"))).value();
  ASSERT_TRUE(kept.has_value());
  Damage(tables::kMeta, keys::MetaRecord());
  Damage(tables::kDocuments, cells, before);

  Salvage();

  EXPECT_EQ(desk_.Data(Task("t1")), Json({{"list", {"x", "y"}}}));
  EXPECT_EQ(desk_.store.Get(tables::kMeta, keys::Purges(Task("t1"))).value(), kept);
  EXPECT_TRUE(desk_.store.Get(tables::kMeta, keys::ScrubMark()).value().has_value());
  ExpectSound();
}

TEST_F(SalvageTest, ADamagedPurgeIsCounted) {
  Damage(tables::kMeta, keys::Purges(Task("t1")), "garbage");

  EXPECT_EQ(Salvage().damaged, 1U);
}

TEST_F(SalvageTest, ARebuildThatIsDueStaysDue) {
  Damage(tables::kMeta, keys::RebuildMark(Task("t1")), "");

  EXPECT_EQ(Salvage().damaged, 0U);
  EXPECT_EQ(desk_.notebook->Position().rebuild, std::vector<ContextRef>{Task("t1")});
}

TEST_F(SalvageTest, NotebookOfAnotherWorkspaceIsLeftAlone) {
  const auto report =
      SalvageNotebook({desk_.store, WorkspaceId("other"), std::nullopt, desk_.clock, desk_.random});

  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace contextsync::test::salvage_test

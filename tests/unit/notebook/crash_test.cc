// Power cuts and failing disks: what was acknowledged is there, once; what was refused is not.

#include <gtest/gtest.h>

#include "tests/unit/notebook/fixture.h"
#include "tests/unit/notebook/states.h"
#include "tests/unit/notebook/tiny_hub.h"

namespace contextsync::test::crash_test {
namespace {

const Error kFull(ErrorCode::kStorageFull, "no space left");

void CutPower(Desk& desk, std::size_t kept_batches = 0) {
  desk.notebook.reset();
  desk.store.Crash(kept_batches);
  desk.mark.Crash();
  desk.Open();
}

TEST(CrashTest, AcknowledgedWritesSurviveAPowerCutOnce) {
  Desk desk;
  for (int i = 0; i < 20; ++i)
    desk.Update(Task("t" + std::to_string(i % 3)), {{"insights", {{{"id", i}}}}});

  CutPower(desk);

  std::size_t elements = 0;
  for (const char* id : {"t0", "t1", "t2"})
    elements += desk.Data(Task(id))["insights"].size();
  EXPECT_EQ(elements, 20U);
  EXPECT_EQ(JournalSize(desk), 20U);
}

TEST(CrashTest, PulledPagesMayGoBackAndAreAppliedAgain) {
  TinyHub hub;
  Desk a(true, 1);
  Desk b(true, 2);
  b.Update(Task("t1"), {{"b", 1}});
  SyncAll(*b.notebook, hub);
  SyncAll(*a.notebook, hub);

  CutPower(a);

  EXPECT_LE(a.notebook->Position().cursor, hub.head());
  SyncAll(*a.notebook, hub);
  EXPECT_EQ(StatesOf(a), hub.states());
}

TEST(CrashTest, TheCursorToldToTheHubIsNeverAheadOfTheDisk) {
  TinyHub hub;
  Desk a(true, 1);
  Desk b(true, 2);
  Greet(*a.notebook, hub);
  b.Update(Task("t1"), {{"b", 1}});
  SyncAll(*b.notebook, hub);
  SyncAll(*a.notebook, hub);
  const auto told = a.notebook->Position();
  EXPECT_EQ(told.cursor, HubSequence(1));
  EXPECT_EQ(told.durable_cursor, HubSequence(0));

  ASSERT_TRUE(a.notebook->Flush().ok());

  EXPECT_EQ(a.notebook->Position().durable_cursor, HubSequence(1));
}

TEST(CrashTest, TheLowestBaseToldToTheHubCoversWhatAPowerCutBringsBack) {
  TinyHub hub;
  Desk a(true, 1);
  Desk b(true, 2);
  a.Update(Task("t1"), {{"a", 1}});
  Greet(*a.notebook, hub);
  for (int i = 0; i < 3; ++i)
    b.Update(Task("t2"), {{"b", i}});
  SyncAll(*b.notebook, hub);
  ASSERT_TRUE(a.notebook->ApplyPage(hub.Changes(HubSequence(0))).ok());
  ASSERT_TRUE(a.notebook->Flush().ok());
  SyncAll(*a.notebook, hub);

  const auto told = a.notebook->Position().low_base;
  CutPower(a);

  ASSERT_EQ(JournalSize(a), 1U) << "its acknowledgement was not on the disk yet";
  EXPECT_LE(told, a.notebook->NextPush(1, 1 << 20).value().at(0).base);
  SyncAll(*a.notebook, hub);
  ASSERT_TRUE(a.notebook->Flush().ok());
  EXPECT_EQ(a.notebook->Position().low_base, hub.head());
}

TEST(CrashTest, ALostTailIsNoticedAndTakesANewDevice) {
  Desk desk;
  desk.Update(Task("t1"), {{"a", 1}});
  const auto device = desk.notebook->Summary().device;
  desk.Update(Task("t1"), {{"a", 2}});
  const auto mark = *desk.mark.Load();
  const auto last = desk.notebook->NextPush(256, 1 << 20).value().at(1);
  ASSERT_TRUE(
      desk.mark.Store({EntryNumber(mark.next_n.value + 3), Hlc{mark.hlc.value + 9}, mark.cursor})
          .ok());

  desk.Open();

  const auto summary = desk.notebook->Summary();
  ASSERT_TRUE(summary.recovery);
  EXPECT_EQ(summary.recovery->lost_from, EntryNumber(3));
  EXPECT_EQ(summary.recovery->lost_to, EntryNumber(5));
  EXPECT_NE(summary.device, device);
  EXPECT_EQ(desk.notebook->Position().former, std::vector<DeviceId>{device});
  desk.Update(Task("t1"), {{"a", 3}});
  EXPECT_GT(desk.notebook->NextPush(256, 1 << 20).value().back().hlc, last.hlc);
}

TEST(CrashTest, ATornMarkIsNoProofOfALoss) {
  Desk desk;
  desk.Update(Task("t1"), {{"a", 1}});
  desk.mark.Tear();

  desk.Open();

  EXPECT_FALSE(desk.notebook->Summary().recovery);
}

TEST(OpeningTest, AnotherWorkspacesNotebookIsRefused) {
  Desk desk;
  desk.notebook.reset();

  const auto opened =
      Notebook::Open(desk.store, desk.mark, desk.clock, desk.random, {WorkspaceId("other"), true});

  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code(), ErrorCode::kInvalidArgument);
}

TEST(OpeningTest, AHoleInTheJournalIsCorruption) {
  Desk desk;
  for (int i = 0; i < 3; ++i)
    desk.Update(Task("t1"), {{"a", i}});
  TableBatch batch;
  batch.Delete(2, std::string("r") + std::string(7, '\0') + '\2');
  ASSERT_TRUE(desk.store.Write(batch, Durability::kSynced).ok());

  const auto opened = desk.TryOpen();

  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code(), ErrorCode::kCorruption);
}

TEST(OpeningTest, ReopeningChangesNothing) {
  Desk desk;
  desk.Update(Task("t1"), {{"a", 1}});
  const auto before = desk.notebook->Position();
  const auto writes = desk.store.write_count();

  desk.Open();

  EXPECT_EQ(desk.store.write_count(), writes);
  EXPECT_EQ(desk.notebook->Position().device, before.device);
  EXPECT_EQ(desk.notebook->Position().hlc, before.hlc);
}

TEST(FailingStoreTest, AFailedWriteIsRefusedAndLeavesNoTrace) {
  Desk desk;
  desk.Update(Task("t1"), {{"a", 1}});
  desk.store.FailWrite(1, kFull);

  const auto refused = desk.Try(Updating(Task("t1"), {{"a", 2}}), "op-x");

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().code, RefusalCode::kStorageFull);
  EXPECT_EQ(desk.Data(Task("t1")), (Json{{"a", 1}}));
  EXPECT_EQ(desk.notebook->Position().next_n, EntryNumber(2));
  const auto again = desk.Write(Updating(Task("t1"), {{"a", 2}}), "op-x");
  EXPECT_FALSE(again.repeated);
  EXPECT_EQ(again.first_n, EntryNumber(2));
}

TEST(FailingStoreTest, ABrokenDiskStillServesReads) {
  Desk desk;
  desk.Update(Task("t1"), {{"a", 1}});
  desk.store.FailWrites(Error(ErrorCode::kUnavailable, "i/o error"));

  const auto refused = desk.Try(Updating(Task("t1"), {{"a", 2}}));

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().code, RefusalCode::kStorageUnavailable);
  EXPECT_EQ(desk.Data(Task("t1")), (Json{{"a", 1}}));
}

/// A little life of a notebook: writes, a push, a pull, a rebuild, a snapshot. Each step is
/// repeated until it works, as its callers do.
class LifeUnderFaults {
 public:
  LifeUnderFaults() : desk_(true, 1), other_(true, 2) {
    other_.Update(Task("t1"), {{"theirs", 1}});
    SyncAll(*other_.notebook, hub_);
  }

  void Run(std::uint64_t failing_write, FailedBatch failed, bool cuts_power) {
    desk_.store.FailWrite(failing_write, kFull, failed);
    cuts_power_ = cuts_power;
    Write("op-1", Updating(Task("t1"), {{"insights", {{{"id", "one"}}}}}));
    Repeat([&] { return Adopt(); });
    Write("op-2", Updating(Task("t2"), {{"insights", {{{"id", "two"}}}}}));
    Repeat([&] {
      return desk_.notebook->ApplyPage(hub_.Changes(desk_.notebook->Position().cursor)).ok();
    });
    Repeat([&] { return Push(); });
    Write("op-3", Deleting(Task("t2")));
    Repeat([&] { return desk_.notebook->InstallContext(hub_.SnapshotOf(Task("t1"))).ok(); });
    Repeat([&] { return Push(); });
    Repeat([&] { return desk_.notebook->InstallSnapshot({hub_.Snapshot()}).ok(); });
    Write("op-4", Updating(Task("t1"), {{"insights", {{{"id", "four"}}}}}));
    Repeat([&] { return Push(); });
    SyncAll(*desk_.notebook, hub_);
  }

  void Verify() const {
    EXPECT_EQ(StatesOf(desk_), hub_.states());
    EXPECT_EQ(desk_.Data(Task("t1")),
              (Json{{"theirs", 1}, {"insights", {{{"id", "one"}}, {{"id", "four"}}}}}));
    EXPECT_TRUE(desk_.Data(Task("t2")).is_null());
    EXPECT_EQ(desk_.notebook->Position().unsent, 0U);
    EXPECT_EQ(hub_.head(), HubSequence(5)) << "every acknowledged write once";
  }

 private:
  void Write(const std::string& op_id, const ContextWrite& write) {
    Repeat([&] { return desk_.Try(write, op_id).ok(); });
  }

  bool Adopt() {
    const auto hello = hub_.Hello(desk_.notebook->Position());
    if (hello.verdict == HelloVerdict::kOk) return true;
    return desk_.notebook->AdoptEpoch(hello, {hub_.Snapshot()}).ok();
  }

  bool Push() {
    const auto entries = desk_.notebook->NextPush(256, 1 << 20).value();
    return desk_.notebook->NoteResults(hub_.Push(desk_.notebook->Position(), entries)).ok();
  }

  void Repeat(const std::function<bool()>& step) {
    for (int attempt = 0; attempt < 3; ++attempt) {
      if (step()) return;
      if (cuts_power_) CutPower(desk_);
    }
    ADD_FAILURE() << "a step failed three times";
  }

  TinyHub hub_;
  Desk desk_;
  Desk other_;
  bool cuts_power_ = false;
};

// More writes than the life above takes, so that the last rounds run without any fault.
constexpr std::uint64_t kWritesOfALife = 30;

TEST(FailingStoreTest, EveryWriteMayFailOnce) {
  for (std::uint64_t k = 1; k <= kWritesOfALife; ++k) {
    SCOPED_TRACE("write " + std::to_string(k));
    LifeUnderFaults life;
    life.Run(k, FailedBatch::kGone, false);
    life.Verify();
  }
}

TEST(FailingStoreTest, EveryWriteMayFailAndThePowerGo) {
  for (std::uint64_t k = 1; k <= kWritesOfALife; ++k) {
    SCOPED_TRACE("write " + std::to_string(k));
    LifeUnderFaults life;
    life.Run(k, FailedBatch::kGone, true);
    life.Verify();
  }
}

TEST(FailingStoreTest, AFailedBatchMaySurfaceAfterThePowerCut) {
  for (std::uint64_t k = 1; k <= kWritesOfALife; ++k) {
    SCOPED_TRACE("write " + std::to_string(k));
    LifeUnderFaults life;
    life.Run(k, FailedBatch::kSurfaces, true);
    life.Verify();
  }
}

}  // namespace
}  // namespace contextsync::test::crash_test

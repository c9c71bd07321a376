// Every row of the table of push answers, and the rules behind it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/hub/push_fixture.h"

namespace contextsync::push_status_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PushStatusTest : public PushFixture {};

TEST_F(PushStatusTest, AcceptsAWriteNobodyCrossed) {
  const PushEntry entry = a_.Set(R"({"x":1})");

  const PushResult result = a_.PushOne(entry);

  EXPECT_EQ(result.status, PushStatus::kAccepted);
  EXPECT_EQ(result.seq, HubSequence(1));
  EXPECT_EQ(result.rev, HubSequence(1));
  EXPECT_EQ(result.hash, entry.hash);
  EXPECT_EQ(result.check, hub_.store.ReadHead(kWorkspace).value()->check);
}

TEST_F(PushStatusTest, MergesWithWritesNotInBase) {
  a_.PushOne(a_.Set(R"({"x":1})"));

  EXPECT_EQ(b_.PushOne(b_.Set(R"({"y":1})")).status, PushStatus::kMerged);
}

TEST_F(PushStatusTest, OwnChainOfflineIsNotMerged) {
  const auto results = a_.Push({a_.Set(R"({"x":1})"), a_.Set(R"({"x":2})")});

  EXPECT_THAT(Statuses(results), ElementsAre(PushStatus::kAccepted, PushStatus::kAccepted));
}

TEST_F(PushStatusTest, RepeatedPushAnswersTheFirstResult) {
  const PushEntry entry = a_.Set(R"({"x":1})");
  const PushResult first = a_.PushOne(entry);

  const PushResult second = a_.PushOne(entry);

  EXPECT_EQ(second.status, PushStatus::kDuplicate);
  EXPECT_EQ(second.seq, first.seq);
  EXPECT_EQ(second.check, first.check);
  EXPECT_EQ(second.hash, entry.hash);
  EXPECT_EQ(hub_.Feed().size(), 1U);
}

TEST_F(PushStatusTest, KnownIdUnderANewNumberIsADuplicateAndUsesTheNumberUp) {
  PushEntry entry = a_.Set(R"({"x":1})");
  a_.PushOne(entry);
  entry.n = EntryNumber(2);

  const auto reply = a_.TryPush({entry}).value();

  EXPECT_EQ(reply.results[0].status, PushStatus::kDuplicate);
  EXPECT_EQ(reply.results[0].seq, HubSequence(1));
  EXPECT_EQ(reply.last_n, EntryNumber(2));
  EXPECT_EQ(reply.head, HubSequence(1));
}

TEST_F(PushStatusTest, KnownIdFromAnotherDeviceIsADuplicate) {
  PushEntry entry = a_.Set(R"({"x":1})");
  a_.PushOne(entry);

  EXPECT_EQ(b_.PushOne(entry).status, PushStatus::kDuplicate);
  EXPECT_EQ(hub_.Feed().size(), 1U);
}

TEST_F(PushStatusTest, KnownIdStaysADuplicateAfterItsResultIsPruned) {
  const PushEntry entry = a_.Set(R"({"x":1})");
  a_.PushOne(entry);
  a_.acked_n = EntryNumber(1);

  EXPECT_EQ(a_.PushOne(entry).status, PushStatus::kDuplicate);
}

TEST_F(PushStatusTest, TwinWithAnotherHashEndsTheBatch) {
  PushEntry first = a_.Set(R"({"x":1})");
  const PushEntry second = a_.Set(R"({"x":2})");
  a_.PushOne(first);
  first.reason = "restamped";
  TestNotebook::Seal(first);

  const auto results = a_.Push({first, second});

  EXPECT_THAT(Statuses(results), ElementsAre(PushStatus::kDuplicate, PushStatus::kRetry));
}

TEST_F(PushStatusTest, RejectionUsesItsNumberUpAndIsReplayed) {
  PushEntry bad = a_.Set(R"({"x":1})");
  bad.hash = std::string(64, '0');

  const auto first = a_.TryPush({bad}).value();
  const auto second = a_.TryPush({bad}).value();

  EXPECT_EQ(first.results[0].status, PushStatus::kRejected);
  EXPECT_EQ(first.results[0].code, "invalid");
  EXPECT_EQ(first.last_n, EntryNumber(1));
  EXPECT_EQ(second.results[0].status, PushStatus::kRejected);
  EXPECT_EQ(second.results[0].code, "invalid");
  EXPECT_EQ(hub_.Feed().size(), 0U);
}

TEST_F(PushStatusTest, RejectedEntryMayComeAgainUnderANewNumber) {
  PushEntry entry = a_.Set(R"({"x":1})");
  const std::string hash = entry.hash;
  entry.hash = std::string(64, '0');
  a_.PushOne(entry);
  entry.hash = hash;
  entry.n = EntryNumber(2);

  EXPECT_EQ(a_.PushOne(entry).status, PushStatus::kAccepted);
}

TEST_F(PushStatusTest, ResultsAreKeptUntilAcknowledged) {
  const PushEntry one = a_.Set(R"({"x":1})");
  const PushEntry two = a_.Set(R"({"x":2})");
  a_.Push({one, two});
  ASSERT_TRUE(hub_.store.ReadResult(kWorkspace, a_.device, EntryNumber(1)).value());
  a_.acked_n = EntryNumber(1);

  ASSERT_TRUE(a_.TryPush({}).ok());

  EXPECT_FALSE(hub_.store.ReadResult(kWorkspace, a_.device, EntryNumber(1)).value());
  EXPECT_TRUE(hub_.store.ReadResult(kWorkspace, a_.device, EntryNumber(2)).value());
}

TEST_F(PushStatusTest, RefusesInvalidEntries) {
  const auto code_of = [&](auto change) {
    TestHub hub;
    TestNotebook notebook(hub, 0xC);
    PushEntry entry = notebook.Set(R"({"x":1})");
    change(entry);
    TestNotebook::Seal(entry);
    return notebook.PushOne(entry).code;
  };

  EXPECT_EQ(code_of([](PushEntry&) {}), "");
  EXPECT_EQ(code_of([](PushEntry& e) { e.base = HubSequence(99); }), "invalid");
  EXPECT_EQ(code_of([](PushEntry& e) { e.context.id = "bad\x01id"; }), "invalid");
  EXPECT_EQ(code_of([](PushEntry& e) { e.hlc = Hlc{e.hlc.value - 1}; }), "invalid");
  EXPECT_EQ(code_of([](PushEntry& e) { e.delta = Delta{}; }), "invalid");
  EXPECT_EQ(code_of([](PushEntry& e) { e.agent = std::string(1000, 'a'); }), "invalid");
  EXPECT_EQ(code_of([](PushEntry& e) { e.delta.cells["d/x"].head->stamp.device = DeviceId(0x99); }),
            "invalid");
  EXPECT_EQ(code_of([](PushEntry& e) {
              e.delta.cells["d/x"].head->bytes = "\"" + std::string(8 * limits::kMiB, 'x') + "\"";
            }),
            "too_large");
  EXPECT_EQ(code_of([](PushEntry& e) { e.op = EntryOp::kPurge; }), "invalid");
}

TEST_F(PushStatusTest, TakesStampsOfAFormerDevice) {
  PushRequest request = a_.Request({a_.Set(R"({"x":1})")});
  TestNotebook fresh(hub_, 0xF);
  request.device = fresh.device;

  request.former = {};
  EXPECT_EQ(hub_.Push({"alice", Role::kWrite}, request).value().results[0].code, "invalid");

  request.former = {a_.device};
  request.entries[0].n = EntryNumber(2);
  EXPECT_EQ(hub_.Push({"alice", Role::kWrite}, request).value().results[0].status,
            PushStatus::kAccepted);
}

TEST_F(PushStatusTest, ClockSkewEndsTheBatchAndUsesNoNumber) {
  const PushEntry good = a_.Set(R"({"x":1})");
  a_.skew = 60'001;
  const PushEntry ahead = a_.Set(R"({"x":2})");
  const PushEntry after = a_.Set(R"({"x":3})");

  const auto reply = a_.TryPush({good, ahead, after}).value();

  EXPECT_THAT(Statuses(reply.results),
              ElementsAre(PushStatus::kAccepted, PushStatus::kClockSkew, PushStatus::kRetry));
  EXPECT_EQ(reply.last_n, EntryNumber(1));
}

TEST_F(PushStatusTest, StampsAMinuteAheadArePermitted) {
  a_.skew = 60'000;

  EXPECT_EQ(a_.PushOne(a_.Set(R"({"x":1})")).status, PushStatus::kAccepted);
}

TEST_F(PushStatusTest, GapIsAnsweredAndNothingAfterIt) {
  a_.Set(R"({"x":1})");
  const PushEntry second = a_.Set(R"({"x":2})");
  const PushEntry third = a_.Set(R"({"x":3})");

  const auto reply = a_.TryPush({second, third}).value();

  EXPECT_THAT(Statuses(reply.results), ElementsAre(PushStatus::kGap, PushStatus::kRetry));
  EXPECT_EQ(reply.last_n, EntryNumber());
}

TEST_F(PushStatusTest, FailingCommitAnswersRetryAndChangesNothing) {
  const PushEntry entry = a_.Set(R"({"x":1})");
  hub_.tables.FailWrite(1, Error(ErrorCode::kStorageFull, "full"));

  const auto reply = a_.TryPush({entry}).value();

  EXPECT_THAT(Statuses(reply.results), ElementsAre(PushStatus::kRetry));
  EXPECT_EQ(reply.last_n, EntryNumber());
  EXPECT_THAT(hub_.Feed(), IsEmpty());
  EXPECT_EQ(a_.PushOne(entry).status, PushStatus::kAccepted);
  EXPECT_EQ(hub_.Feed().size(), 1U);
}

TEST_F(PushStatusTest, CrashBetweenCommitAndAnswerEndsInADuplicate) {
  const PushEntry entry = a_.Set(R"({"x":1})");
  hub_.tables.FailWrite(1, Error(ErrorCode::kUnavailable, "disk"), FailedBatch::kSurfaces);
  ASSERT_EQ(a_.PushOne(entry).status, PushStatus::kRetry);
  hub_.tables.Crash();

  const PushResult result = a_.PushOne(entry);

  EXPECT_EQ(result.status, PushStatus::kDuplicate);
  EXPECT_EQ(result.seq, HubSequence(1));
  EXPECT_EQ(hub_.Feed().size(), 1U);
}

TEST_F(PushStatusTest, CommitIsDurableWhenAnswered) {
  a_.PushOne(a_.Set(R"({"x":1})"));

  hub_.tables.Crash();

  EXPECT_EQ(hub_.Feed().size(), 1U);
}

TEST_F(PushStatusTest, SkipUsesTheNumberUpWithoutAnItem) {
  b_.PushOne(b_.Set(R"({"y":1})"));
  PushEntry entry = a_.Set(R"({"x":1})");
  PushEntry skip;
  skip.n = entry.n;
  skip.id = entry.id;
  skip.op = EntryOp::kSkip;
  TestNotebook::Seal(skip);

  const PushResult result = a_.PushOne(skip);

  EXPECT_EQ(result.status, PushStatus::kAccepted);
  EXPECT_EQ(result.seq, HubSequence(1));  // the head
  EXPECT_EQ(hub_.Feed().size(), 1U);
  EXPECT_EQ(a_.PushOne(entry).status, PushStatus::kDuplicate);  // the late original does nothing
  EXPECT_EQ(hub_.Feed().size(), 1U);
  entry.n = EntryNumber(2);
  EXPECT_EQ(a_.PushOne(entry).status, PushStatus::kMerged);  // offered again, it counts
}

TEST_F(PushStatusTest, SkipOfATakenEntryIsADuplicate) {
  const PushEntry entry = a_.Set(R"({"x":1})");
  a_.PushOne(entry);
  PushEntry skip;
  skip.n = entry.n;
  skip.id = entry.id;
  skip.op = EntryOp::kSkip;
  TestNotebook::Seal(skip);

  EXPECT_EQ(a_.PushOne(skip).status, PushStatus::kDuplicate);
}

TEST_F(PushStatusTest, FailRefusesInsteadOfAConflict) {
  a_.PushOne(a_.Set(R"({"x":1})"));
  PushEntry entry = b_.Set(R"({"x":2})");
  entry.fail = true;
  TestNotebook::Seal(entry);

  const PushResult result = b_.PushOne(entry);

  EXPECT_EQ(result.status, PushStatus::kRejected);
  EXPECT_EQ(result.code, "VERSION_MISMATCH");
  EXPECT_THAT(hub_.Records(), IsEmpty());
  EXPECT_EQ(RenderAt(hub_.Context().state, "d/x")->value, 1);
}

TEST_F(PushStatusTest, FailDoesNotMindAMerge) {
  a_.PushOne(a_.Set(R"({"x":1})"));
  PushEntry entry = b_.Set(R"({"y":2})");
  entry.fail = true;
  TestNotebook::Seal(entry);

  EXPECT_EQ(b_.PushOne(entry).status, PushStatus::kMerged);
}

TEST_F(PushStatusTest, UsedNumberWithAnotherEntryIsAFork) {
  a_.PushOne(a_.Set(R"({"x":1})"));
  PushEntry other = a_.Set(R"({"x":2})");
  other.n = EntryNumber(1);

  const auto reply = a_.TryPush({other});

  EXPECT_EQ(reply.failure().fault, HubFault::kDeviceForked);
  EXPECT_EQ(hub_.Feed().size(), 1U);
}

TEST_F(PushStatusTest, AcknowledgedNumberWithAnUnknownEntryIsAFork) {
  a_.PushOne(a_.Set(R"({"x":1})"));
  a_.acked_n = EntryNumber(1);
  PushEntry other = a_.Set(R"({"x":2})");
  PushEntry next = a_.Set(R"({"x":3})");
  other.n = EntryNumber(1);
  next.n = EntryNumber(2);

  EXPECT_EQ(a_.TryPush({other, next}).failure().fault, HubFault::kDeviceForked);
  EXPECT_EQ(hub_.Feed().size(), 1U);
}

TEST_F(PushStatusTest, DeviceOfAnotherPrincipalIsAFork) {
  TestNotebook stranger(hub_, 0xA, {"mallory", Role::kWrite});

  EXPECT_EQ(stranger.TryPush({stranger.Set(R"({"x":1})")}).failure().fault,
            HubFault::kDeviceForked);
}

TEST_F(PushStatusTest, ReadersMayNotPush) {
  TestNotebook reader(hub_, 0xD, {"reader", Role::kRead});

  EXPECT_EQ(reader.TryPush({reader.Set(R"({"x":1})")}).failure().fault, HubFault::kUnauthorized);
}

TEST_F(PushStatusTest, OtherHistoryIsRefusedWithItsFacts) {
  a_.PushOne(a_.Set(R"({"x":1})"));
  a_.Pull();
  const PushEntry entry = a_.Set(R"({"x":2})");

  a_.claim.check = FeedCheck("0000000000000000");
  const auto other_check = a_.TryPush({entry});
  a_.claim.epoch = Epoch("00000000000000000000000000000000");
  const auto other_epoch = a_.TryPush({entry});

  EXPECT_EQ(other_check.failure().fault, HubFault::kEpochChanged);
  EXPECT_EQ(other_epoch.failure().fault, HubFault::kEpochChanged);
  EXPECT_EQ(other_epoch.failure().head, HubSequence(1));
  EXPECT_EQ(other_epoch.failure().last_n, EntryNumber(1));
  EXPECT_EQ(other_epoch.failure().epoch, hub_.store.ReadHead(kWorkspace).value()->epoch);
}

TEST_F(PushStatusTest, NumbersMustAscend) {
  const PushEntry entry = a_.Set(R"({"x":1})");

  EXPECT_EQ(a_.TryPush({entry, entry}).failure().fault, HubFault::kMalformed);
}

TEST_F(PushStatusTest, ChangeTypesTellWhatHappened) {
  a_.PushOne(a_.Set(R"({"x":1})"));
  a_.PushOne(a_.Set(R"({"x":2})"));
  a_.PushOne(a_.Erase());
  a_.PushOne(a_.Set(R"({"x":3})"));

  std::vector<std::string> types;
  for (const FeedItem& item : hub_.Feed())
    types.push_back(item.change_type);

  EXPECT_THAT(types, ElementsAre("create", "update", "delete", "create"));
}

TEST_F(PushStatusTest, AuthorComesFromThePrincipal) {
  a_.PushOne(a_.Set(R"({"x":1})"));

  EXPECT_EQ(hub_.Feed()[0].author, "alice");
  EXPECT_EQ(hub_.Feed()[0].changed_by, "agent-10");
  EXPECT_EQ(hub_.Feed()[0].timestamp, hub_.clock.WallMillis());
}

}  // namespace
}  // namespace contextsync::push_status_test

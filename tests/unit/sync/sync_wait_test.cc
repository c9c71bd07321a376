// What a call that wrote waits for.

#include "tests/unit/sync/sync_fixture.h"

namespace contextsync::sync_wait_test {
namespace {

class SyncWaitTest : public SyncFixture {
 protected:
  /// How long, on the machine's own clock, a writer of `n` waits at most 50 ms.
  std::chrono::steady_clock::duration Waited(EntryNumber n) {
    const auto before = std::chrono::steady_clock::now();
    engine_.AfterWrite(n, clock_.Now() + 50ms);
    return std::chrono::steady_clock::now() - before;
  }

  /// Steps until the next push was answered, and no further.
  EntryNumber PushOne() {
    const std::size_t before = hub_.Count(Request::kPush);
    const EntryNumber n = replica_.Write();
    engine_.NoteWrite();
    for (int i = 0; i < 100 && hub_.Count(Request::kPush) == before; ++i)
      engine_.Step();
    return n;
  }
};

TEST_F(SyncWaitTest, AWriteIsAnsweredWithTheHubsWord) {
  Settle();

  EXPECT_LT(Waited(PushOne()), 50ms);
}

TEST_F(SyncWaitTest, AConflictIsAnsweredWithItsRecord) {
  Settle();
  replica_.set_rebuild({{Level::kTask, "t1"}});
  hub_.AnswerNext(PushStatus::kConflict);
  const EntryNumber n = PushOne();

  EXPECT_GE(Waited(n), 50ms) << "the word is here, the record is not";

  Settle();
  EXPECT_EQ(replica_.rebuilt.size(), 1U);
  EXPECT_LT(Waited(n), 50ms);
}

TEST_F(SyncWaitTest, WhatARebuildLacksMayComeWithTheFeed) {
  Settle();
  const std::size_t pulls = hub_.Count(Request::kChanges);
  replica_.set_rebuild({{Level::kTask, "t1"}});
  hub_.AnswerNext(PushStatus::kConflict);
  PushOne();
  replica_.FailNext(ErrorCode::kConflict);

  for (int i = 0; i < 5'000 && hub_.Count(Request::kChanges) == pulls; ++i) {
    engine_.Step();
    clock_.Advance(1ms);
  }

  EXPECT_GT(hub_.Count(Request::kChanges), pulls);
  EXPECT_EQ(hub_.Count(Request::kSnapshot), 1U) << "the feed comes before the next attempt";
  RunFor(3s);
  EXPECT_EQ(replica_.rebuilt.size(), 1U);
}

}  // namespace
}  // namespace contextsync::sync_wait_test

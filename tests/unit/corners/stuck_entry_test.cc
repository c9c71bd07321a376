// Entries that do not get through: put aside without holding up the others, and never lost.

#include <algorithm>

#include "tests/unit/corners/seat.h"

namespace contextsync::stuck_entry_test {
namespace {

class StuckEntryTest : public CornerFixture {
 protected:
  /// Every push with a write on context `task` itself fails; a skip in its place passes.
  void Poison(const std::string& task, HubFault fault, bool after_effect = false) {
    a_.link.fault = [=](const PushRequest& request) -> std::optional<FaultyLink::PushFault> {
      const bool is_there = std::any_of(
          request.entries.begin(), request.entries.end(), [&task](const PushEntry& entry) {
            return entry.op != EntryOp::kSkip && entry.context.id == task;
          });
      if (!is_there) return std::nullopt;
      return FaultyLink::PushFault{fault, after_effect};
    };
  }

  [[nodiscard]] std::size_t ParkedCount() const { return a_.notebook->Parked().value().size(); }

  void RunUntilParked(std::size_t count) {
    for (int i = 0; i < 40'000 && ParkedCount() != count; ++i) {
      StepAll();
      world_.Advance(100ms);
    }
    ASSERT_EQ(ParkedCount(), count);
  }
};

TEST_F(StuckEntryTest, ASuspectIsParkedShownHereAndTheRestArrives) {
  Converge();
  a_.Set("before", {{"a", 1}});
  a_.Set("bad", {{"a", 1}});
  a_.Set("after", {{"a", 1}});
  Poison("bad", HubFault::kRetryLater);

  RunUntilParked(1);
  Converge();

  const ParkedWrite parked = a_.notebook->Parked().value().front();
  EXPECT_EQ(parked.code, "suspect");
  EXPECT_EQ(parked.context.id, "bad");
  EXPECT_EQ(a_.Data("bad"), (Json{{"a", 1}}));
  EXPECT_EQ(b_.Data("bad"), Json());
  EXPECT_EQ(b_.Data("before"), (Json{{"a", 1}}));
  EXPECT_EQ(b_.Data("after"), (Json{{"a", 1}}));
}

TEST_F(StuckEntryTest, ASuspectIsOfferedAgainAndArrivesOnce) {
  Converge();
  a_.Set("bad", {{"insights", {{{"id", "i1"}}}}});
  Poison("bad", HubFault::kRetryLater);
  RunUntilParked(1);
  a_.link.fault = nullptr;

  RunFor(12min);
  Converge();

  EXPECT_EQ(ParkedCount(), 0U);
  EXPECT_EQ(b_.Data("bad"), (Json{{"insights", {{{"id", "i1"}}}}}));
}

TEST_F(StuckEntryTest, ASuspectOfferedAgainHoldsNobodyUp) {
  Converge();
  a_.Set("bad", {{"a", 1}});
  Poison("bad", HubFault::kRetryLater);
  RunUntilParked(1);
  RunUntilParked(0);  // it is offered again, and still nothing of it gets through

  a_.Set("after", {{"a", 1}});
  RunFor(5s);

  EXPECT_EQ(ParkedCount(), 1U);
  Converge();
  EXPECT_EQ(b_.Data("after"), (Json{{"a", 1}}));
}

TEST_F(StuckEntryTest, ASuspectTheHubHadTakenAfterAllIsAcknowledgedNotParked) {
  Converge();
  a_.Set("bad", {{"insights", {{{"id", "i1"}}}}});
  Poison("bad", HubFault::kTimeout, true);

  RunFor(20min);
  a_.link.fault = nullptr;
  Converge();

  EXPECT_EQ(ParkedCount(), 0U);
  EXPECT_EQ(b_.Data("bad"), (Json{{"insights", {{{"id", "i1"}}}}}));
}

TEST_F(StuckEntryTest, ALateOriginalHasNoEffectAfterItsNumberWasGivenUp) {
  Converge();
  a_.Set("bad", {{"a", 1}});
  const auto entries = a_.notebook->NextPush(1, 1).value();
  const auto position = a_.notebook->Position();
  const PushRequest late{.device = position.device,
                         .former = position.former,
                         .acked_n = position.acked_n,
                         .low_base = position.low_base,
                         .cursor = position.durable_cursor,
                         .claim = position.claim,
                         .entries = entries};
  Poison("bad", HubFault::kTimeout);
  RunUntilParked(1);

  hub_.service().Push(hub_.workspace(), {}, late, [](const auto&) {});
  hub_.RunAll();
  Converge();

  EXPECT_EQ(b_.Data("bad"), Json());
  EXPECT_EQ(ParkedCount(), 1U);
}

TEST_F(StuckEntryTest, AnAnswerToASkipThatIsLostIsNotTakenForTheEntrys) {
  Converge();
  a_.Set("bad", {{"a", 1}});
  int lost_skips = 0;
  a_.link.fault = [&](const PushRequest& request) -> std::optional<FaultyLink::PushFault> {
    const bool is_skip = request.entries.front().op == EntryOp::kSkip;
    if (is_skip && lost_skips == 3) return std::nullopt;
    if (is_skip) ++lost_skips;
    return FaultyLink::PushFault{HubFault::kTimeout, is_skip};
  };

  RunUntilParked(1);

  EXPECT_EQ(lost_skips, 3);
  EXPECT_EQ(b_.Data("bad"), Json());
  EXPECT_EQ(a_.Data("bad"), (Json{{"a", 1}}));
}

TEST_F(StuckEntryTest, AKilledNotebookGoesOnGivingUp) {
  Converge();
  a_.Set("bad", {{"a", 1}});
  Poison("bad", HubFault::kRetryLater);
  RunUntilParked(1);

  a_.Restart(true);
  Converge();

  EXPECT_EQ(ParkedCount(), 1U);
  EXPECT_EQ(a_.notebook->Summary().parked, 1U);
  EXPECT_EQ(a_.Data("bad"), (Json{{"a", 1}}));
}

TEST_F(StuckEntryTest, ASingleEntryThatIsTooLargeForTheWayIsParkedAtOnce) {
  Converge();
  a_.Set("before", {{"a", 1}});
  a_.Set("bad", {{"a", 1}});
  a_.Set("after", {{"a", 1}});
  Poison("bad", HubFault::kTooLarge);

  RunFor(5s);

  ASSERT_EQ(ParkedCount(), 1U);
  EXPECT_EQ(a_.notebook->Parked().value().front().code, "too_large");
  Converge();
  EXPECT_EQ(b_.Data("after"), (Json{{"a", 1}}));
}

TEST_F(StuckEntryTest, ATransactionIsPutAsideAndOfferedWhole) {
  Converge();
  ContextWrite child;
  child.context = {Level::kTask, "bad"};
  child.update.data = {{"a", 1}};
  child.parents = {{Level::kProject, "p"}, {Level::kBranch, "b"}};
  a_.Write(child);
  Poison("bad", HubFault::kRetryLater);
  RunUntilParked(3);
  a_.link.fault = nullptr;

  RunFor(12min);
  Converge();

  EXPECT_EQ(ParkedCount(), 0U);
  EXPECT_EQ(b_.Data("bad"), (Json{{"a", 1}}));
  EXPECT_TRUE(b_.notebook->Read({Level::kProject, "p"}).value().found.has_value());
}

TEST_F(StuckEntryTest, ADiscardedWriteIsGoneHereToo) {
  Converge();
  a_.Set("bad", {{"a", 1}});
  Poison("bad", HubFault::kTooLarge);
  RunFor(5s);
  ASSERT_EQ(ParkedCount(), 1U);

  ASSERT_TRUE(a_.notebook->DiscardParked(a_.notebook->Parked().value().front().n).ok());
  Converge();

  EXPECT_EQ(ParkedCount(), 0U);
  EXPECT_EQ(a_.Data("bad"), Json());
}

}  // namespace
}  // namespace contextsync::stuck_entry_test

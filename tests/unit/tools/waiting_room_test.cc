#include "core/tools/waiting_room.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace contextsync::waiting_room_test {
namespace {

using std::chrono::seconds;

/// What a call of the test would find, and how often it looked.
struct Script {
  bool has_found = false;
  int looks = 0;
};

class ScriptedCall final : public WaitingCall {
 public:
  ScriptedCall(std::shared_ptr<Script> script, Clock::Instant deadline)
      : script_(std::move(script)), deadline_(deadline) {}
  [[nodiscard]] Clock::Instant deadline() const override { return deadline_; }
  std::optional<ToolResult> Look() override {
    ++script_->looks;
    if (!script_->has_found) return std::nullopt;
    return ToolResult{"found", false};
  }
  ToolResult GiveUp() override { return {"nothing came", false}; }
  ToolResult Refuse(std::size_t limit) override { return {"limit " + std::to_string(limit), true}; }

 private:
  std::shared_ptr<Script> script_;
  Clock::Instant deadline_;
};

class WaitingRoomTest : public ::testing::Test {
 protected:
  /// Parks a call that answers under `name`.
  std::shared_ptr<Script> Park(const std::string& name, std::chrono::milliseconds patience,
                               const std::string& session = "s") {
    auto script = std::make_shared<Script>();
    room_.Park({.session_id = session,
                .cancelled = cancel_[name].get_token(),
                .seen = room_.changes(),
                .call = std::make_unique<ScriptedCall>(script, clock_.Now() + patience),
                .done = [this, name](std::optional<ToolResult> result) {
                  answers_.push_back(name + ": " + (result ? result->json : "cancelled"));
                  std::exchange(on_answer_, [] {})();
                }});
    return script;
  }

  using Answers = std::vector<std::string>;
  Answers Step() {
    next_step_ = room_.Step();
    return std::exchange(answers_, {});
  }

  FakeClock clock_;
  int wakes_ = 0;
  std::map<std::string, std::stop_source> cancel_;
  Answers answers_;
  std::function<void()> on_answer_ = [] {};  // runs once, after the next answer
  Clock::Instant next_step_;
  WaitingRoom room_{clock_, [this] { ++wakes_; }};  // last: its calls use the rest
};

TEST_F(WaitingRoomTest, LooksOnlyWhenSomethingChanged) {
  const auto script = Park("a", seconds(20));
  Step();
  EXPECT_EQ(script->looks, 0);

  room_.Ring();
  EXPECT_EQ(Step(), Answers{});
  Step();

  EXPECT_EQ(script->looks, 1);
  EXPECT_EQ(room_.waiting(), 1U);
}

TEST_F(WaitingRoomTest, EveryoneWhoFindsSomethingIsAnsweredOnce) {
  Park("a", seconds(20))->has_found = true;
  Park("b", seconds(20));
  Park("c", seconds(20), "other")->has_found = true;

  room_.Ring();

  EXPECT_EQ(Step(), (Answers{"a: found", "c: found"}));
  room_.Ring();
  EXPECT_EQ(Step(), Answers{});
  EXPECT_EQ(room_.waiting(), 1U);
}

TEST_F(WaitingRoomTest, ChangeBetweenTheFirstLookAndParkingIsNotMissed) {
  const auto seen = room_.changes();
  room_.Ring();
  auto script = std::make_shared<Script>();
  script->has_found = true;
  room_.Park(
      {.session_id = "s",
       .cancelled = {},
       .seen = seen,
       .call = std::make_unique<ScriptedCall>(script, clock_.Now() + seconds(20)),
       .done = [this](std::optional<ToolResult> result) { answers_.push_back(result->json); }});

  EXPECT_EQ(wakes_, 1);
  EXPECT_EQ(Step(), Answers{"found"});
}

TEST_F(WaitingRoomTest, DeadlineAnswersAndIsToldInAdvance) {
  Park("late", seconds(20));
  Park("early", seconds(5));
  Step();
  EXPECT_EQ(next_step_, clock_.Now() + seconds(5));

  clock_.Advance(seconds(5));
  EXPECT_EQ(Step(), Answers{"early: nothing came"});
  EXPECT_EQ(next_step_, clock_.Now() + seconds(15));

  clock_.Advance(seconds(15));
  EXPECT_EQ(Step(), Answers{"late: nothing came"});
  EXPECT_EQ(next_step_, Clock::Instant::max());
}

TEST_F(WaitingRoomTest, CancelledCallLeavesAtOnceWithoutLooking) {
  const auto script = Park("a", seconds(20));
  Park("b", seconds(20));
  Step();
  const int wakes = wakes_;

  cancel_["a"].request_stop();

  EXPECT_EQ(wakes_, wakes + 1);
  EXPECT_EQ(Step(), Answers{"a: cancelled"});
  EXPECT_EQ(script->looks, 0);
  EXPECT_EQ(room_.waiting(), 1U);
}

TEST_F(WaitingRoomTest, CallCancelledBeforeItParksLeavesToo) {
  cancel_["a"].request_stop();

  Park("a", seconds(20));

  EXPECT_EQ(Step(), Answers{"a: cancelled"});
  EXPECT_EQ(room_.waiting(), 0U);
}

TEST_F(WaitingRoomTest, EndOfASessionAnswersItsCallsOnly) {
  Park("a", seconds(20), "ends");
  Park("b", seconds(20), "stays");

  room_.EndSession("ends");

  EXPECT_EQ(Step(), Answers{"a: nothing came"});
  EXPECT_EQ(room_.waiting(), 1U);
}

TEST_F(WaitingRoomTest, ASessionMayHaveOnlySoManyWaiting) {
  for (std::size_t i = 0; i < WaitingRoom::kMaxWaitersOfSession; ++i)
    Park("w" + std::to_string(i), seconds(20), "greedy");

  Park("one too many", seconds(20), "greedy");
  EXPECT_EQ(answers_, Answers{"one too many: limit 16"});

  Park("other", seconds(20), "modest");
  EXPECT_EQ(answers_.size(), 1U);
}

TEST_F(WaitingRoomTest, AllSessionsTogetherMayHaveOnlySoManyWaiting) {
  for (std::size_t i = 0; i < WaitingRoom::kMaxWaiters; ++i)
    Park("w" + std::to_string(i), seconds(20), "s" + std::to_string(i));

  Park("one too many", seconds(20), "last");
  EXPECT_EQ(answers_, Answers{"one too many: limit 1024"});
}

TEST_F(WaitingRoomTest, PlaceOfAServedCallIsFree) {
  for (std::size_t i = 0; i < WaitingRoom::kMaxWaitersOfSession; ++i)
    Park("w" + std::to_string(i), seconds(1));
  clock_.Advance(seconds(1));
  EXPECT_EQ(Step().size(), WaitingRoom::kMaxWaitersOfSession);

  Park("next", seconds(1));

  EXPECT_TRUE(answers_.empty());
  EXPECT_EQ(room_.waiting(), 1U);
}

TEST_F(WaitingRoomTest, PlaceOfACancelledCallIsFreeAtOnce) {
  for (std::size_t i = 0; i < WaitingRoom::kMaxWaitersOfSession; ++i)
    Park("w" + std::to_string(i), seconds(1));
  cancel_["w3"].request_stop();

  Park("next", seconds(1));

  EXPECT_TRUE(answers_.empty()) << answers_.front();
  EXPECT_EQ(Step(), Answers{"w3: cancelled"});
  EXPECT_EQ(room_.waiting(), WaitingRoom::kMaxWaitersOfSession);
}

TEST_F(WaitingRoomTest, PlaceIsFreeBeforeTheAnswerIsGiven) {
  for (std::size_t i = 0; i < WaitingRoom::kMaxWaitersOfSession; ++i)
    Park("w" + std::to_string(i), seconds(1));
  cancel_["w0"].request_stop();
  on_answer_ = [this] { Park("next", seconds(1)); };

  EXPECT_EQ(Step(), Answers{"w0: cancelled"});

  clock_.Advance(seconds(1));
  on_answer_ = [this] { Park("after that", seconds(1)); };
  EXPECT_EQ(Step().size(), WaitingRoom::kMaxWaitersOfSession);
  EXPECT_EQ(room_.waiting(), 1U);
}

TEST_F(WaitingRoomTest, CallCancelledWhileAnotherIsServedIsNotInTheWay) {
  for (std::size_t i = 0; i < WaitingRoom::kMaxWaitersOfSession; ++i)
    Park("w" + std::to_string(i), seconds(1));
  Park("other", seconds(0), "other session");
  on_answer_ = [this] {
    cancel_["w3"].request_stop();
    Park("next", seconds(1));
  };

  EXPECT_EQ(Step().size(), 1U);
  EXPECT_EQ(Step(), Answers{"w3: cancelled"});
  EXPECT_EQ(room_.waiting(), WaitingRoom::kMaxWaitersOfSession);
}

TEST_F(WaitingRoomTest, NobodyIsWokenForChangesWhileNobodyWaits) {
  room_.Ring();
  EXPECT_EQ(wakes_, 0);
}

}  // namespace
}  // namespace contextsync::waiting_room_test

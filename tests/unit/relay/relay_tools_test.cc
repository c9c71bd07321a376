// The state machine of a relay, without sockets: a holder that only takes lines, tools that only
// keep calls, and a clock that moves when told.

#include "server/relay/relay_tools.h"

#include <deque>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/fake_clock.h"

namespace contextsync::relay_tools_test {
namespace {

using std::chrono::seconds;

struct Kept {
  ToolRequest request;
  std::function<void(ToolAnswer)> done;
};

class KeepingTools final : public ToolHandler {
 public:
  [[nodiscard]] std::string_view ToolsJson() const override { return "[]"; }
  [[nodiscard]] bool HasTool(std::string_view /*name*/) const override { return true; }
  void Call(ToolRequest request, std::function<void(ToolAnswer)> done) override {
    calls.push_back({std::move(request), std::move(done)});
  }

  void EndInput(const std::string& session_id) override {
    ended.push_back(session_id + " after " + std::to_string(calls.size()));
  }

  std::deque<Kept> calls;
  std::vector<std::string> ended;  // sessions, and how many calls had come by then
};

class KeepingHolder final : public mcp::MessageSink {
 public:
  void Send(std::string message) override { lines.push_back(std::move(message)); }

  /// The calls among the lines.
  [[nodiscard]] std::vector<RelayCall> Calls() const {
    std::vector<RelayCall> calls;
    for (const auto& line : lines) {
      auto request = ReadRelayRequest(line);
      if (request.ok() && std::holds_alternative<RelayCall>(request.value()))
        calls.push_back(std::get<RelayCall>(std::move(request).value()));
    }
    return calls;
  }

  std::vector<std::string> lines;
};

class RelayToolsTest : public ::testing::Test {
 protected:
  /// Calls and returns where the answer will be.
  std::shared_ptr<std::vector<ToolAnswer>> Call(Json arguments,
                                                std::string tool = "manage_context") {
    auto answers = std::make_shared<std::vector<ToolAnswer>>();
    ToolRequest request{.tool = std::move(tool),
                        .arguments = std::make_shared<const Json>(std::move(arguments)),
                        .defect = std::nullopt,
                        .session_id = "s",
                        .client_name = "client",
                        .cancelled = cancel_.get_token()};
    tools_.Call(std::move(request),
                [answers](ToolAnswer answer) { answers->push_back(std::move(answer)); });
    return answers;
  }

  std::shared_ptr<KeepingHolder> AttachHolder(std::uint64_t pid = 7) {
    auto holder = std::make_shared<KeepingHolder>();
    tools_.Attach(holder, {.protocol = 1, .build = "b", .pid = pid, .position = {}});
    return holder;
  }

  static RelayAnswer AnswerTo(std::uint64_t number, SessionPosition position = {}) {
    return {number, false, position};
  }

  static Json ErrorOf(const ToolAnswer& answer) { return Json::parse(answer.json).at("error"); }

  FakeClock clock_;
  SeededRandom random_;
  KeepingTools local_;
  std::vector<SessionPosition> resumed_;
  int needs_ = 0;
  std::string branch_ = "main";
  std::stop_source cancel_;
  RelayTools tools_{{.local = local_,
                     .resume = [this](const SessionPosition& at) { resumed_.push_back(at); },
                     .need = [this] { ++needs_; },
                     .clock = clock_,
                     .random = random_,
                     .has_hub = false,
                     .branch = [this] { return branch_; }}};

  const Json write_ = {{"action", "update"}, {"context_id", "t"}, {"data", {{"k", 1}}}};
  const Json read_ = {{"action", "get"}, {"context_id", "t"}};
};

TEST_F(RelayToolsTest, CallsWaitUntilTheNotebookIsFoundHere) {
  Call(write_);
  Call(read_);
  EXPECT_EQ(needs_, 2);
  EXPECT_TRUE(local_.calls.empty());
  tools_.GoHere();
  ASSERT_EQ(local_.calls.size(), 2U);
  EXPECT_EQ(local_.calls[0].request.arguments->at("action"), "update");
  EXPECT_EQ(local_.calls[1].request.arguments->at("action"), "get");
  EXPECT_EQ(resumed_.size(), 1U);
}

TEST_F(RelayToolsTest, CallsGoStraightOnWhileItIsHere) {
  tools_.GoHere();
  const auto answers = Call(write_);
  ASSERT_EQ(local_.calls.size(), 1U);
  EXPECT_EQ(*local_.calls[0].request.arguments, write_);
  local_.calls[0].done({"{}", false});
  EXPECT_EQ(answers->size(), 1U);
}

TEST_F(RelayToolsTest, ACallMeansTheBranchOfTheMomentItWasMade) {
  Call(read_);
  branch_ = "next";
  const auto holder = AttachHolder();
  Call(write_);
  ASSERT_EQ(holder->Calls().size(), 2U);
  EXPECT_EQ(holder->Calls()[0].branch, "main");
  EXPECT_EQ(holder->Calls()[1].branch, "next");

  branch_ = "last";
  tools_.Detach("it died");
  tools_.GoHere();

  ASSERT_EQ(local_.calls.size(), 2U);
  EXPECT_EQ(local_.calls[0].request.branch, "main");
  EXPECT_EQ(local_.calls[1].request.branch, "next");
}

TEST_F(RelayToolsTest, HolderAnswersWhatWasSentToIt) {
  const auto holder = AttachHolder();
  const auto answers = Call(read_);
  ASSERT_EQ(holder->Calls().size(), 1U);
  tools_.OnAnswer(AnswerTo(holder->Calls()[0].number), R"({"success":true})");
  ASSERT_EQ(answers->size(), 1U);
  EXPECT_EQ(answers->front().json, R"({"success":true})");
  tools_.OnAnswer(AnswerTo(holder->Calls()[0].number), "{}");
  EXPECT_EQ(answers->size(), 1U) << "an answer is given once";
}

TEST_F(RelayToolsTest, EndOfInputFollowsTheCallsWhereverTheyGo) {
  Call(read_);
  tools_.EndInput("s");
  EXPECT_TRUE(local_.ended.empty());

  const auto holder = AttachHolder();
  ASSERT_EQ(holder->lines.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<RelayEnd>(ReadRelayRequest(holder->lines.back()).value()));
  tools_.GoHere();
  EXPECT_EQ(local_.ended, std::vector<std::string>{"s after 1"});
}

TEST_F(RelayToolsTest, EndOfInputIsToldHereOrToTheHolder) {
  const auto holder = AttachHolder();
  tools_.EndInput("s");
  EXPECT_EQ(holder->lines.size(), 1U);
  tools_.GoHere();
  tools_.EndInput("s");
  EXPECT_EQ(local_.ended, (std::vector<std::string>{"s after 0", "s after 0"}));
}

TEST_F(RelayToolsTest, UnansweredCallsAreRepeatedInOrderUnderTheSameOpId) {
  const auto first = AttachHolder();
  const auto answered = Call(read_);
  const auto lost = Call(write_);
  Call(read_);
  tools_.OnAnswer(AnswerTo(first->Calls()[0].number), "{}");
  tools_.Detach("gone");
  const auto second = AttachHolder();
  const auto before = first->Calls();
  const auto after = second->Calls();
  ASSERT_EQ(before.size(), 3U);
  ASSERT_EQ(after.size(), 2U);
  const std::string op_id = before[1].arguments->at("op_id");
  EXPECT_FALSE(op_id.empty());
  EXPECT_EQ(after[0].arguments->at("op_id"), op_id);
  EXPECT_EQ(*after[1].arguments, read_) << "a read is repeated as it is";
  tools_.OnAnswer(AnswerTo(after[0].number), "{}");
  EXPECT_EQ(lost->size(), 1U);
  EXPECT_EQ(answered->size(), 1U);
}

TEST_F(RelayToolsTest, TakingOverRepeatsUnderTheSameOpIdHere) {
  const auto holder = AttachHolder();
  Call(write_);
  tools_.Detach("gone");
  tools_.GoHere();
  ASSERT_EQ(local_.calls.size(), 1U);
  EXPECT_EQ(local_.calls[0].request.arguments->at("op_id"),
            holder->Calls()[0].arguments->at("op_id"));
}

TEST_F(RelayToolsTest, OpIdOfTheCallerStaysAndNullCountsAsNone) {
  const auto holder = AttachHolder();
  Json given = write_;
  given["op_id"] = "mine";
  Call(given);
  given["op_id"] = nullptr;
  Call(given);
  const auto calls = holder->Calls();
  EXPECT_EQ(calls[0].arguments->at("op_id"), "mine");
  ASSERT_TRUE(calls[1].arguments->at("op_id").is_string());
  EXPECT_NE(calls[1].arguments->at("op_id"), "mine");
}

TEST_F(RelayToolsTest, SessionGoesOnWhereTheLastHolderLeftIt) {
  AttachHolder();
  Call(read_);
  const SessionPosition later{true, {HubSequence(9), 3}, {HubSequence(8), 2}};
  tools_.OnAnswer(AnswerTo(1, later), "{}");
  Call(read_);
  const SessionPosition earlier{true, {HubSequence(5), 1}, {HubSequence(5), 1}};
  tools_.OnAnswer(AnswerTo(2, earlier), "{}");
  tools_.Detach("gone");
  tools_.GoHere();
  ASSERT_EQ(resumed_.size(), 1U);
  EXPECT_TRUE(resumed_[0].has_started);
  EXPECT_EQ(resumed_[0].noticed, later.noticed);
  EXPECT_EQ(resumed_[0].looked, later.looked);
}

TEST_F(RelayToolsTest, AnswerThatNobodyGetsMovesNoPosition) {
  AttachHolder();
  tools_.OnAnswer(AnswerTo(99, {true, {HubSequence(9), 3}, {}}), "{}");
  EXPECT_FALSE(tools_.position().has_started);
}

TEST_F(RelayToolsTest, WithoutAnyProcessACallIsRefusedAfterTheUsualWait) {
  tools_.Detach("process 7 has it open and cannot be reached");
  const auto answers = Call(write_);
  clock_.Advance(seconds(9));
  tools_.Tick();
  EXPECT_TRUE(answers->empty());
  clock_.Advance(seconds(1));
  tools_.Tick();
  ASSERT_EQ(answers->size(), 1U);
  EXPECT_TRUE(answers->front().is_error);
  const Json error = ErrorOf(answers->front());
  EXPECT_EQ(error.at("code"), "STORAGE_UNAVAILABLE");
  EXPECT_NE(error.at("message").get<std::string>().find("process 7"), std::string::npos);
  EXPECT_NE(error.at("hint").get<std::string>().find(error.at("op_id").get<std::string>()),
            std::string::npos);
  EXPECT_EQ(Json::parse(answers->front().json).at("operation"), "manage_context.update");
}

TEST_F(RelayToolsTest, SilentHolderIsAskedAndThenGivenUp) {
  const auto holder = AttachHolder(4711);
  const auto answers = Call(read_);
  for (int second = 0; second < 10; ++second) {
    EXPECT_TRUE(answers->empty()) << second;
    clock_.Advance(seconds(1));
    tools_.Tick();
  }
  ASSERT_EQ(answers->size(), 1U);
  EXPECT_NE(ErrorOf(answers->front()).at("message").get<std::string>().find("4711"),
            std::string::npos);
  EXPECT_GE(holder->lines.size(), 9U) << "one call and a question each second";
}

TEST_F(RelayToolsTest, HolderThatLivesMayTakeItsTimeButNotForEver) {
  AttachHolder();
  const auto answers = Call(read_);
  for (int second = 0; second < 59; ++second) {
    clock_.Advance(seconds(1));
    tools_.OnSignOfLife();
    tools_.Tick();
  }
  EXPECT_TRUE(answers->empty());
  clock_.Advance(seconds(1));
  tools_.OnSignOfLife();
  tools_.Tick();
  EXPECT_EQ(answers->size(), 1U);
}

TEST_F(RelayToolsTest, IdleHolderIsLeftAlone) {
  const auto holder = AttachHolder();
  clock_.Advance(seconds(100));
  tools_.Tick();
  EXPECT_TRUE(holder->lines.empty());
}

TEST_F(RelayToolsTest, CallAfterALongSilenceWaitsItsOwnTime) {
  AttachHolder();
  clock_.Advance(seconds(100));
  const auto answers = Call(read_);
  clock_.Advance(seconds(9));
  tools_.Tick();
  EXPECT_TRUE(answers->empty());
}

TEST_F(RelayToolsTest, StatusIsAnsweredHereWhenNobodyElseDoes) {
  Call(Json::object(), "status");
  clock_.Advance(seconds(1));
  tools_.Tick();
  ASSERT_EQ(local_.calls.size(), 1U);
  EXPECT_EQ(local_.calls[0].request.tool, "status");
}

TEST_F(RelayToolsTest, StatusIsAnsweredHereBesideASilentHolder) {
  AttachHolder();
  Call(Json::object(), "status");
  clock_.Advance(seconds(2));
  tools_.Tick();
  EXPECT_EQ(local_.calls.size(), 1U);
}

TEST_F(RelayToolsTest, CancelledCallIsCalledOffAndNotRepeated) {
  const auto holder = AttachHolder();
  const auto answers = Call(read_);
  cancel_.request_stop();
  tools_.Tick();
  const auto last = ReadRelayRequest(holder->lines.back());
  ASSERT_TRUE(last.ok());
  EXPECT_EQ(std::get<RelayCancel>(last.value()).number, holder->Calls()[0].number);
  tools_.Detach("gone");
  tools_.GoHere();
  EXPECT_TRUE(local_.calls.empty());
  EXPECT_TRUE(answers->empty());
}

TEST_F(RelayToolsTest, WaitBeginsAnewWhenTheHolderDies) {
  AttachHolder();
  const auto answers = Call(write_);
  for (int second = 0; second < 9; ++second) {
    clock_.Advance(seconds(1));
    tools_.OnSignOfLife();
    tools_.Tick();
  }
  tools_.Detach("gone");
  clock_.Advance(seconds(9));
  tools_.Tick();
  EXPECT_TRUE(answers->empty());
}

TEST_F(RelayToolsTest, LosingTheNotebookAgainMakesCallsWait) {
  tools_.GoHere();
  tools_.Detach("it could not be opened");
  Call(read_);
  EXPECT_TRUE(local_.calls.empty());
  const auto holder = AttachHolder();
  EXPECT_EQ(holder->Calls().size(), 1U);
}

}  // namespace
}  // namespace contextsync::relay_tools_test

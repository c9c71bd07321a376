// The actions changes and watch, as several sessions of one notebook see them, with a clock that
// stands unless the test moves it.

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/tools/call_fixture.h"

namespace contextsync::watch_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class WatchTest : public ToolCallTest {
 protected:
  WatchTest() : ToolCallTest(/*has_hub=*/false) {
    Ask(R"({"action":"changes"})");  // the session begins
  }

  ToolOutcome Start(const char* arguments, Session& session) {
    const Json parsed = Json::parse(arguments);
    return synced_->Start({parsed, defect_, session});
  }

  /// What the reading session is answered at once.
  Json Ask(const char* arguments) {
    auto outcome = Start(arguments, reader_);
    EXPECT_EQ(outcome.waiting, nullptr) << arguments;
    return outcome.waiting == nullptr ? Json::parse(outcome.result.json) : Json();
  }

  /// A call of the reading session that must wait.
  std::unique_ptr<WaitingCall> Wait(const char* arguments) {
    auto outcome = Start(arguments, reader_);
    EXPECT_NE(outcome.waiting, nullptr) << outcome.result.json;
    return std::move(outcome.waiting);
  }

  void Write(const std::string& task, Session& session) {
    const Json arguments = {{"action", "update"},
                            {"context_id", task},
                            {"data", {{"n", ++written_}}},
                            {"agent", session.client_name()}};
    EXPECT_FALSE(synced_->Call({arguments, defect_, session}).is_error);
  }
  void WriteOther(const std::string& task) { Write(task, writer_); }

  /// "t1 t2": the tasks of `data.changes`.
  static std::string Tasks(const Json& answer) {
    std::string tasks;
    for (const auto& change : answer["data"]["changes"]) {
      if (change["level"] != "task") continue;
      tasks += (tasks.empty() ? "" : " ") + change["context_id"].get<std::string>();
    }
    return tasks;
  }

  static std::size_t TasksNoticed(const Json& answer) {
    std::size_t count = 0;
    for (const auto& notice : answer["notices"])
      count += notice["level"] == "task" ? 1U : 0U;
    return count;
  }

  Session reader_{"reader", "reader"};
  Session writer_{"writer", "writer"};
  int written_ = 0;
};

TEST_F(WatchTest, WhatIsThereAlreadyIsAnsweredAtOnce) {
  WriteOther("t1");

  const auto answer = Ask(R"({"action":"watch"})");

  EXPECT_EQ(answer["operation"], "manage_context.watch");
  EXPECT_EQ(Tasks(answer), "t1");
  EXPECT_EQ(answer["data"]["timed_out"], false);
}

TEST_F(WatchTest, WaitsUntilAnotherSessionChangesSomething) {
  const auto call = Wait(R"({"action":"watch"})");
  EXPECT_EQ(call->Look(), std::nullopt);

  WriteOther("t1");
  const auto result = call->Look();

  ASSERT_TRUE(result);
  const auto answer = Json::parse(result->json);
  EXPECT_EQ(Tasks(answer), "t1");
  EXPECT_EQ(answer["data"]["timed_out"], false);
  EXPECT_EQ(answer["data"]["cursor"], ToString(notebook_->Latest()));
}

TEST_F(WatchTest, OwnWritesAreNoReasonToWake) {
  const auto call = Wait(R"({"action":"watch"})");

  Write("t1", reader_);

  EXPECT_EQ(call->Look(), std::nullopt);
}

TEST_F(WatchTest, DeadlineIsCountedFromTheCall) {
  EXPECT_EQ(Wait(R"({"action":"watch"})")->deadline(), clock_.Now() + seconds(25));
  EXPECT_EQ(Wait(R"({"action":"watch","wait_ms":"300"})")->deadline(),
            clock_.Now() + milliseconds(300));
}

TEST_F(WatchTest, NothingComesOfATimeOutButACursor) {
  const auto call = Wait(R"({"action":"watch"})");

  const auto answer = Json::parse(call->GiveUp().json);

  EXPECT_EQ(answer["success"], true);
  EXPECT_EQ(answer["data"]["changes"], Json::array());
  EXPECT_EQ(answer["data"]["timed_out"], true);
  EXPECT_EQ(answer["data"]["more"], false);
  EXPECT_EQ(answer["data"]["cursor"], ToString(notebook_->Latest()));
}

TEST_F(WatchTest, LastLookFindsWhatCameInTheLastMoment) {
  const auto call = Wait(R"({"action":"watch"})");
  WriteOther("t1");

  EXPECT_EQ(Tasks(Json::parse(call->GiveUp().json)), "t1");
}

TEST_F(WatchTest, WaitOfZeroAnswersAtOnce) {
  EXPECT_EQ(Ask(R"({"action":"watch","wait_ms":0})")["data"]["timed_out"], true);
  EXPECT_EQ(Ask(R"({"action":"changes"})")["data"]["timed_out"], false);
}

TEST_F(WatchTest, WaitIsRefusedOutsideItsRange) {
  for (const char* wait : {"-1", "25001", "1.5", "true", "\"soon\""}) {
    const auto arguments = R"({"action":"watch","wait_ms":)" + std::string(wait) + "}";
    const auto answer = Ask(arguments.c_str());
    EXPECT_EQ(answer["error"]["code"], "INVALID_ARGUMENT") << wait;
    EXPECT_EQ(answer["error"]["parameter"], "wait_ms") << wait;
  }
  EXPECT_EQ(Ask(R"({"action":"changes","wait_ms":1})")["error"]["allowed"], Json({"watch"}));
}

TEST_F(WatchTest, OnlyWhatWasAskedForWakes) {
  WriteOther("t2");
  Ask(R"({"action":"changes"})");
  const auto task = Wait(R"({"action":"watch","context_id":"t1"})");
  const auto level = Wait(R"({"action":"watch","level":"branch"})");

  WriteOther("t2");
  EXPECT_EQ(task->Look(), std::nullopt);
  EXPECT_EQ(level->Look(), std::nullopt);
  WriteOther("t1");

  EXPECT_EQ(Tasks(Json::parse(task->Look()->json)), "t1");
  EXPECT_EQ(level->Look(), std::nullopt);
}

TEST_F(WatchTest, TwoWatchesOfASessionBothHear) {
  const auto first = Wait(R"({"action":"watch"})");
  const auto second = Wait(R"({"action":"watch"})");

  WriteOther("t1");

  EXPECT_EQ(Tasks(Json::parse(first->Look()->json)), "t1");
  EXPECT_EQ(Tasks(Json::parse(second->Look()->json)), "t1");
}

TEST_F(WatchTest, WhatWasWatchedIsNeitherNoticedNorChangedAgain) {
  const auto call = Wait(R"({"action":"watch"})");
  WriteOther("t1");

  const auto answer = Json::parse(call->Look()->json);
  EXPECT_EQ(TasksNoticed(answer), 0U);
  const auto next = Ask(R"({"action":"changes"})");
  EXPECT_EQ(TasksNoticed(next), 0U);
  EXPECT_EQ(Tasks(next), "");
}

TEST_F(WatchTest, WhatANarrowLookShowedIsNotNoticedInAnotherProcessEither) {
  for (int i = 0; i < 30; ++i)
    WriteOther("other" + std::to_string(i));
  WriteOther("t2");
  const auto looked = Ask(R"({"action":"changes","context_id":"t2"})");
  ASSERT_EQ(Tasks(looked), "t2");
  ASSERT_GT(looked["more"], 10) << "they come with later answers";

  Session elsewhere("reader", "reader");
  elsewhere.Resume(reader_.position());
  const Json list = {{"action", "list"}};
  std::size_t noticed = TasksNoticed(looked);
  for (Json answer = looked; answer["more"] != 0;) {
    answer = Json::parse(synced_->Call({list, defect_, elsewhere}).json);
    noticed += TasksNoticed(answer);
  }

  EXPECT_EQ(noticed, 30U) << "all but the one that was shown";
}

TEST_F(WatchTest, WhatANarrowWatchPassedOverIsNoticed) {
  const auto call = Wait(R"({"action":"watch","context_id":"t1"})");
  WriteOther("t2");
  EXPECT_EQ(call->Look(), std::nullopt);
  WriteOther("t1");

  const auto answer = Json::parse(call->Look()->json);

  EXPECT_EQ(Tasks(answer), "t1");
  ASSERT_EQ(TasksNoticed(answer), 1U) << answer["notices"];
  EXPECT_EQ(answer["notices"].back()["context_id"], "t2");
  EXPECT_FALSE(answer["notices"].back().contains("pending")) << "there is no hub";
  EXPECT_FALSE(answer["data"]["changes"].back().contains("pending"));
  EXPECT_EQ(answer["more"], 0);
  EXPECT_EQ(TasksNoticed(Ask(R"({"action":"list"})")), 0U);
}

TEST_F(WatchTest, CursorOfATimeOutGoesOnWhereItStopped) {
  const auto cursor =
      Json::parse(Wait(R"({"action":"watch"})")->GiveUp().json)["data"]["cursor"].dump();
  WriteOther("t1");
  Ask(R"({"action":"changes"})");

  EXPECT_EQ(Tasks(Ask((R"({"action":"watch","since":)" + cursor + "}").c_str())), "t1");
}

TEST_F(WatchTest, SinceATimeLeavesOutOwnChangesAndOlderOnes) {
  WriteOther("old");
  clock_.Advance(seconds(10));
  const auto since = FormatTimestamp(clock_.WallMillis());
  Write("own", reader_);
  const auto arguments = R"({"action":"watch","since":")" + since + "\"}";
  const auto call = Wait(arguments.c_str());

  WriteOther("new");

  EXPECT_EQ(Tasks(Json::parse(call->Look()->json)), "new");
}

TEST_F(WatchTest, PositionThatNeverWasIsReset) {
  const auto answer = Ask(R"({"action":"watch","since":"0.99999"})");

  EXPECT_EQ(answer["data"]["reset"], true);
  EXPECT_EQ(answer["data"]["changes"], Json::array());
  EXPECT_EQ(answer["data"]["timed_out"], false);
}

TEST_F(WatchTest, LimitAndMoreAreThoseOfChanges) {
  for (const char* task : {"t1", "t2", "t3"})
    WriteOther(task);

  const auto answer = Ask(R"({"action":"watch","level":"task","limit":2})");
  EXPECT_EQ(Tasks(answer), "t1 t2");
  EXPECT_EQ(answer["data"]["more"], true);
  EXPECT_EQ(Tasks(Ask(R"({"action":"watch","level":"task"})")), "t3");
}

TEST_F(WatchTest, RefusalNamesTheArgumentAndTheLimit) {
  const auto answer = Json::parse(Wait(R"({"action":"watch"})")->Refuse(16).json);

  EXPECT_EQ(answer["success"], false);
  EXPECT_EQ(answer["error"]["code"], "INVALID_ARGUMENT");
  EXPECT_EQ(answer["error"]["parameter"], "wait_ms");
  EXPECT_EQ(answer["error"]["limit"], 16);
}

TEST_F(WatchTest, CallerWhoNeverWaitsIsAnsweredAtOnce) {
  const Json arguments = {{"action", "watch"}};
  const auto answer = Json::parse(synced_->Call({arguments, defect_, reader_}).json);
  EXPECT_EQ(answer["data"]["timed_out"], true);
}

TEST_F(WatchTest, NoticesAreBoundedAndMoreIsExact) {
  for (int i = 0; i < 30; ++i)
    WriteOther("t" + std::to_string(i));
  std::size_t shown = 0;
  for (std::size_t more = 1; more > 0;) {
    const auto answer = Ask(R"({"action":"list"})");
    const auto& notices = answer["notices"];
    EXPECT_LE(notices.size(), 10U);
    EXPECT_LE(notices.dump().size(), 1'024U + 2U);
    shown += notices.size();
    more = answer["more"].get<std::size_t>();
    EXPECT_EQ(shown + more, 33U);  // with the parents that the first write created
  }
}

}  // namespace
}  // namespace contextsync::watch_test

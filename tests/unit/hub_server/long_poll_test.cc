#include <gtest/gtest.h>

#include "tests/unit/hub_server/hub_server_fixture.h"

namespace contextsync::long_poll_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LongPollTest : public HubServerFixture {
 protected:
  TestRequest Poll(const std::string& wait_ms) const {
    return {"GET", "/v1/workspaces/w1/changes?since=0&wait_ms=" + wait_ms, {Bearer(secret_)}, ""};
  }

  std::string secret_ = MakeToken(Role::kRead).secret;
};

TEST_F(LongPollTest, AnswersAtOnceWhenThereIsSomething) {
  Start();
  hub_.AnswerChanges(FakeHub::PageWithOneItem());

  const TestResponse response = Once(Poll("25000"));

  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.body.find("\"next\":1"), std::string::npos) << response.body;
}

TEST_F(LongPollTest, WaitsForACommit) {
  Start();
  HttpClient client(server_->port());
  ASSERT_TRUE(client.socket().Send(HttpClient::Render(Poll("25000"))));
  ASSERT_TRUE(hub_.AwaitSubscribers(1));

  hub_.AnswerChanges(FakeHub::PageWithOneItem());
  hub_.Broadcast(FakeHub::Event(1));

  EXPECT_NE(client.ReadResponse().body.find("\"next\":1"), std::string::npos);
  EXPECT_EQ(hub_.AliveSubscribers(), 0U);
}

TEST_F(LongPollTest, AHeartbeatDoesNotEndTheWait) {
  Start();
  HttpClient client(server_->port());
  ASSERT_TRUE(client.socket().Send(HttpClient::Render(Poll("25000"))));
  ASSERT_TRUE(hub_.AwaitSubscribers(1));

  hub_.Heartbeat();

  EXPECT_EQ(hub_.changes(), 1U);
  EXPECT_EQ(hub_.AliveSubscribers(), 1U);
}

TEST_F(LongPollTest, AnswersEmptyWhenTheWaitIsOver) {
  Start();

  const TestResponse response = Once(Poll("100"));

  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.body.find("\"changes\":[]"), std::string::npos);
  EXPECT_EQ(hub_.AliveSubscribers(), 0U);
}

TEST_F(LongPollTest, TheWaitIsBounded) {
  HubServerOptions options;
  options.tuning.longest_poll = milliseconds(100);
  Start(options);

  EXPECT_EQ(Once(Poll("18446744073709551615")).status, 200);
}

TEST_F(LongPollTest, StoppingAnswersAllThatWait) {
  Start();
  HttpClient client(server_->port());
  ASSERT_TRUE(client.socket().Send(HttpClient::Render(Poll("25000"))));
  ASSERT_TRUE(hub_.AwaitSubscribers(1));

  server_->Stop();

  EXPECT_EQ(client.ReadResponse().status, 200);
}

TEST_F(LongPollTest, AFailureToSubscribeIsAnswered) {
  Start();
  HubFailure failure;
  failure.fault = HubFault::kRetryLater;
  hub_.RefuseSubscribers(failure);

  EXPECT_EQ(Once(Poll("25000")).status, 200);  // what the second look says
  EXPECT_EQ(hub_.changes(), 2U);
}

TEST_F(LongPollTest, RefusesQueriesThatAreNone) {
  Start();
  for (const std::string query : {"since=-1", "since=1e3", "limit=0", "limit=x", "wait_ms=-5",
                                  "epoch=zz", "check=1", "at_check=1", "at=x", "device=x",
                                  "since=1&since=2", "since=%zz", "known=18446744073709551616"}) {
    EXPECT_EQ(Once({"GET", "/v1/workspaces/w1/changes?" + query, {Bearer(secret_)}, ""}).status,
              400)
        << query;
  }
}

TEST_F(LongPollTest, HandsTheQueryOn) {
  Start();
  const std::string epoch(32, 'a');

  EXPECT_EQ(Once({"GET",
                  "/v1/workspaces/w1/changes?since=5&known=7&check=00000000000000cc&limit=900&at=5"
                  "&at_check=00000000000000aa&epoch=" +
                      epoch,
                  {Bearer(secret_)},
                  ""})
                .status,
            200);
  EXPECT_EQ(Once({"GET",
                  "/v1/workspaces/w1/snapshot?after=%01x%20&level=task&context_id=feature%2Fjwt",
                  {Bearer(secret_)},
                  ""})
                .status,
            200);

  const ChangesRequest changes = hub_.last_changes();
  EXPECT_EQ(changes.since, HubSequence(5));
  EXPECT_EQ(changes.claim,
            (HistoryClaim{Epoch(epoch), HubSequence(7), FeedCheck("00000000000000cc"),
                          HubSequence(5), FeedCheck("00000000000000aa")}));
  EXPECT_EQ(changes.limit, limits::kPageItems);
  const SnapshotRequest snapshot = hub_.last_snapshot();
  EXPECT_EQ(snapshot.after, "\x01x ");
  EXPECT_EQ(snapshot.context, (ContextRef{Level::kTask, "feature/jwt"}));
}

}  // namespace
}  // namespace contextsync::long_poll_test

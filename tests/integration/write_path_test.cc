// One write from an agent's call to another agent's answer, through every layer that ships.

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/integration/machine.h"
#include "tests/support/temp_dir.h"

namespace contextsync::write_path_test {
namespace {

class WritePathTest : public ::testing::Test {
 protected:
  static Json Update(const std::string& task, Json data) {
    return {{"action", "update"}, {"context_id", task}, {"data", std::move(data)}};
  }

  static Json Get(const std::string& task) { return {{"action", "get"}, {"context_id", task}}; }

  static Json DataOf(AgentMachine& agent, const std::string& task) {
    const Json answer = agent.Manage(Get(task));
    if (!answer.at("success").get<bool>()) return {};
    return answer.at("data").at("context").at("data");
  }

  static bool IsDrained(AgentMachine& agent) { return agent.Status().at("pending") == 0; }

  static bool AreEqual(AgentMachine& a, AgentMachine& b) {
    const auto left = a.Fingerprint();
    const auto right = b.Fingerprint();
    return left.ok() && right.ok() && left.value().cursor == right.value().cursor &&
           left.value().state_hash == right.value().state_hash;
  }

  TempDir files_;
  HubMachine hub_{files_ / "hub"};
};

TEST_F(WritePathTest, AWriteIsReadAndNoticedByAnotherAgent) {
  AgentMachine alice(files_ / "alice", hub_.url(), "alice");
  AgentMachine bob(files_ / "bob", hub_.url(), "bob");
  ASSERT_TRUE(bob.Manage(Update("b", {{"here", true}})).at("success"));
  ASSERT_TRUE(Eventually([&] { return bob.Status().at("websocket") == "connected"; }));

  const Json written = alice.Manage(Update("t1", {{"decisions", {"use the journal"}}}));

  EXPECT_TRUE(written.at("sync").at("durable"));
  Json seen;
  ASSERT_TRUE(Eventually([&] {
    seen = bob.Manage(Get("t1"));
    return seen.at("success").get<bool>();
  }));
  EXPECT_EQ(seen.at("data").at("context").at("data"),
            Json::parse(R"({"decisions":["use the journal"]})"));
  const auto is_about_t1 = [](const Json& notice) { return notice.at("context_id") == "t1"; };
  Json notices = seen.at("notices");
  if (std::none_of(notices.begin(), notices.end(), is_about_t1))
    notices = bob.Manage(Get("t1")).at("notices");
  EXPECT_TRUE(std::any_of(notices.begin(), notices.end(), is_about_t1)) << notices.dump();
}

TEST_F(WritePathTest, WhatWasWrittenWithoutTheHubArrivesWhenItReturns) {
  AgentMachine alice(files_ / "alice", hub_.url(), "alice");
  AgentMachine bob(files_ / "bob", hub_.url(), "bob");
  ASSERT_TRUE(alice.Manage(Update("t1", {{"status", "open"}})).at("success"));
  ASSERT_TRUE(Eventually([&] { return IsDrained(alice); }));

  hub_.Stop();
  const Json offline = alice.Manage(Update("t1", {{"status", "done"}}));
  EXPECT_TRUE(offline.at("sync").at("durable"));
  EXPECT_EQ(offline.at("sync").at("state"), "pending");
  EXPECT_TRUE(bob.Manage(Update("t2", {{"status", "open"}})).at("sync").at("durable"));
  hub_.Start();

  EXPECT_TRUE(Eventually([&] { return DataOf(bob, "t1") == Json({{"status", "done"}}); }));
  EXPECT_TRUE(Eventually([&] { return DataOf(alice, "t2") == Json({{"status", "open"}}); }));
  EXPECT_TRUE(Eventually([&] { return IsDrained(alice) && IsDrained(bob); }));
  EXPECT_TRUE(Eventually([&] { return AreEqual(alice, bob); }));
}

TEST_F(WritePathTest, WhatIsPendingWhenTheProcessEndsIsSentByTheNextOne) {
  hub_.Stop();
  {
    AgentMachine alice(files_ / "alice", hub_.url(), "alice");
    ASSERT_TRUE(alice.Manage(Update("t1", {{"status", "done"}})).at("sync").at("durable"));
  }
  hub_.Start();

  AgentMachine alice(files_ / "alice", hub_.url(), "alice");
  AgentMachine bob(files_ / "bob", hub_.url(), "bob");

  EXPECT_TRUE(Eventually([&] { return DataOf(bob, "t1") == Json({{"status", "done"}}); }));
  EXPECT_TRUE(Eventually([&] { return IsDrained(alice); }));
}

TEST_F(WritePathTest, ManyWritersOnTwoMachinesEndByteIdentical) {
  constexpr int kWriters = 4;
  constexpr int kWrites = 15;
  AgentMachine alice(files_ / "alice", hub_.url(), "alice");
  AgentMachine bob(files_ / "bob", hub_.url(), "bob");
  std::vector<std::thread> writers;
  for (AgentMachine* agent : {&alice, &bob}) {
    for (int writer = 0; writer < kWriters; ++writer) {
      writers.emplace_back([agent, writer, name = agent == &alice ? "a" : "b"] {
        for (int i = 0; i < kWrites; ++i) {
          const std::string value = name + std::to_string(writer) + "-" + std::to_string(i);
          EXPECT_TRUE(agent->Manage(Update("shared", {{"files_read", {value}}, {"last", value}}))
                          .at("sync")
                          .at("durable"));
        }
      });
    }
  }
  for (std::thread& writer : writers) {
    writer.join();
  }

  EXPECT_TRUE(Eventually([&] { return IsDrained(alice) && IsDrained(bob); }));
  EXPECT_TRUE(Eventually([&] { return AreEqual(alice, bob); }));
  EXPECT_EQ(DataOf(alice, "shared").at("files_read").size(), 2U * kWriters * kWrites);
  EXPECT_EQ(DataOf(alice, "shared"), DataOf(bob, "shared"));
}

}  // namespace
}  // namespace contextsync::write_path_test

#include "server/hub/admin_socket.h"

#include <sys/stat.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/document/json.h"
#include "server/hub/token_admin.h"
#include "storage/memory/memory_table_store.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/hub_server/fakes.h"

namespace contextsync::admin_socket_test {
namespace {

using std::chrono::seconds;

class AdminSocketTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<AdminSocket>> Listen() {
    return AdminSocket::Listen(io_, directory_,
                               [](std::string line, std::function<void(std::string)> reply) {
                                 reply("got " + line.substr(0, line.size() - 1));
                               });
  }

  TempDir temp_;
  std::string directory_ = temp_.path();
  IoThread io_{"test-admin"};
};

TEST_F(AdminSocketTest, AnswersALine) {
  const auto socket = Listen();
  ASSERT_TRUE(socket.ok()) << socket.error().message();

  EXPECT_EQ(AskHub(directory_, "hello", seconds(5)).value(), "got hello");
  EXPECT_EQ(AskHub(directory_, "again", seconds(5)).value(), "got again");
}

TEST_F(AdminSocketTest, SeveralListenInOneDirectoryUnderTheirNames) {
  const auto hub = Listen();
  const auto other = AdminSocket::Listen(
      io_, directory_,
      [](std::string, std::function<void(std::string)> reply) { reply("the other"); },
      "other.sock");
  ASSERT_TRUE(hub.ok());
  ASSERT_TRUE(other.ok()) << other.error().message();

  EXPECT_EQ(AskHub(directory_, "x", seconds(5), "other.sock").value(), "the other");
  EXPECT_EQ(AskHub(directory_, "x", seconds(5)).value(), "got x");
  EXPECT_FALSE(AskHub(directory_, "x", seconds(5), "none.sock").ok());
}

TEST_F(AdminSocketTest, IsForItsOwnerOnly) {
  const auto socket = Listen();
  ASSERT_TRUE(socket.ok());
  struct stat info {};

  ASSERT_EQ(stat((directory_ + "/hub.sock").c_str(), &info), 0);

  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(AdminSocketTest, ReplacesWhatADeadHubLeft) {
  {
    auto first = Listen();
    ASSERT_TRUE(first.ok());
    // The file stays when the process dies; a plain file is as good as a dead socket.
  }
  FILE* left = std::fopen((directory_ + "/hub.sock").c_str(), "w");
  ASSERT_NE(left, nullptr);
  std::fclose(left);

  const auto socket = Listen();

  ASSERT_TRUE(socket.ok()) << socket.error().message();
  EXPECT_TRUE(AskHub(directory_, "hello", seconds(5)).ok());
}

TEST_F(AdminSocketTest, WorksInADirectoryWithALongName) {
  directory_ += "/" + std::string(200, 'd');
  ASSERT_EQ(mkdir(directory_.c_str(), 0700), 0);

  const auto socket = Listen();

  ASSERT_TRUE(socket.ok()) << socket.error().message();
  EXPECT_TRUE(AskHub(directory_, "hello", seconds(5)).ok());
}

TEST_F(AdminSocketTest, NobodyAnswersWhenNoneRuns) {
  const auto answer = AskHub(directory_, "hello", seconds(5));

  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kUnavailable);
}

TEST_F(AdminSocketTest, ASilentHubEndsInATimeout) {
  const auto socket = AdminSocket::Listen(
      io_, directory_,
      [](const std::string& /*line*/, const std::function<void(std::string)>& /*reply*/) {});
  ASSERT_TRUE(socket.ok());

  const auto answer = AskHub(directory_, "hello", std::chrono::milliseconds(100));

  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kTimeout);
}

class TokenAdminTest : public ::testing::Test {
 protected:
  Result<Json> Run(const Json& request) { return RunTokenCommand(*tokens_, request); }

  FakeClock clock_;
  CountingRandom random_;
  MemoryTableStore store_{1};
  std::unique_ptr<TokenRegistry> tokens_ =
      TokenRegistry::Open({.store = store_, .table = 0, .clock = clock_, .random = random_})
          .value();
};

TEST_F(TokenAdminTest, CreatesListsAndRevokes) {
  const Json created =
      Run({{"command", "create"}, {"name", "alice"}, {"workspace", "w1"}, {"role", "write"}})
          .value();
  const std::string id = created.at("id");
  EXPECT_EQ(created.at("expires_at"), "2027-02-20T12:00:00.000Z");  // 90 days
  EXPECT_EQ(tokens_->Verify(created.at("token").get<std::string>()).state, TokenState::kValid);

  EXPECT_EQ(Run({{"command", "revoke"}, {"id", id}}).value(),
            (Json{{"id", id}, {"revoked", true}}));

  const Json listed = Run({{"command", "list"}}).value().at("tokens");
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].at("name"), "alice");
  EXPECT_EQ(listed[0].at("role"), "write");
  EXPECT_FALSE(listed[0].contains("token"));
  EXPECT_TRUE(listed[0].at("revoked_at").is_string());
}

TEST_F(TokenAdminTest, RefusesWhatIsNoCommand) {
  for (const Json& request : std::vector<Json>{
           {{"command", "delete"}},
           {{"command", "create"}, {"name", "alice"}, {"workspace", "w1"}, {"role", "owner"}},
           {{"command", "create"}, {"name", "alice"}, {"role", "read"}},
           {{"command", "create"},
            {"name", "a"},
            {"workspace", "w"},
            {"role", "read"},
            {"hours", 9'000}},
           {{"command", "create"},
            {"name", "a"},
            {"workspace", "w"},
            {"role", "read"},
            {"hours", 18'446'744'073'709'551'615U}},
           {{"command", "revoke"}},
           Json::object()}) {
    const auto answer = Run(request);
    ASSERT_FALSE(answer.ok()) << request;
    EXPECT_EQ(answer.error().code(), ErrorCode::kInvalidArgument) << request;
  }
  EXPECT_TRUE(tokens_->List().empty());
}

TEST_F(TokenAdminTest, ErrorsSurviveTheSocket) {
  const Error error(ErrorCode::kNotFound, "no such token");

  const auto back = TokenResultFromJson(TokenErrorToJson(error));

  ASSERT_FALSE(back.ok());
  EXPECT_EQ(back.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(back.error().message(), "no such token");
}

}  // namespace
}  // namespace contextsync::admin_socket_test

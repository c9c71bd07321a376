#include "server/app/token_watch.h"

#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <future>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace contextsync::token_watch_test {
namespace {

using namespace std::chrono_literals;

class TokenWatchTest : public ::testing::Test {
 protected:
  TokenWatchTest() { Store("first"); }

  void Store(const std::string& token) {
    const auto draft = file_.string() + ".new";
    std::ofstream(draft) << token << "\n";
    ASSERT_EQ(chmod(draft.c_str(), 0600), 0);
    std::filesystem::rename(draft, file_);
  }

  TempDir directory_;
  const std::filesystem::path file_ = std::filesystem::path(directory_.path()) / "token";
};

TEST_F(TokenWatchTest, TellsOfAnotherToken) {
  std::promise<std::string> told;
  const TokenWatch watch(file_, "first", [&](const std::string& token) { told.set_value(token); });

  Store("second");

  auto answer = told.get_future();
  ASSERT_EQ(answer.wait_for(20s), std::future_status::ready);
  EXPECT_EQ(answer.get(), "second");
}

TEST_F(TokenWatchTest, TellsAtOnceOfATokenStoredBeforeItBegan) {
  std::promise<std::string> told;
  Store("second");

  const TokenWatch watch(file_, "first", [&](const std::string& token) { told.set_value(token); });

  EXPECT_EQ(told.get_future().wait_for(20s), std::future_status::ready);
}

TEST_F(TokenWatchTest, SaysNothingOfTheSameTokenOrOfNone) {
  int told = 0;
  {
    const TokenWatch same(file_, "first", [&](const std::string&) { ++told; });
    const TokenWatch none(directory_.path() / std::filesystem::path("absent"), "first",
                          [&](const std::string&) { ++told; });
  }

  EXPECT_EQ(told, 0);
}

}  // namespace
}  // namespace contextsync::token_watch_test

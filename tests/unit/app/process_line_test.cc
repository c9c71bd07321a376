// Who began whom, as the system tells it.

#include "server/app/process_line.h"

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace contextsync::process_line_test {
namespace {

TEST(ProcessLineTest, NamesTheParentFirst) {
  const auto above = ProcessesAbove(4);
  ASSERT_FALSE(above.empty());
  EXPECT_TRUE(above.front().starts_with(std::to_string(getppid()) + "-")) << above.front();
}

TEST(ProcessLineTest, NamesNoMoreThanWanted) {
  EXPECT_EQ(ProcessesAbove(1).size(), 1U);
  EXPECT_TRUE(ProcessesAbove(0).empty());
}

TEST(ProcessLineTest, AChildNamesThisProcessAndThenWhatThisOneNames) {
  const auto here = ProcessesAbove(1);
  const std::string self = std::to_string(getpid()) + "-";
  const pid_t child = fork();
  if (child == 0) {
    const auto above = ProcessesAbove(2);
    const bool is_right = above.size() == 2 && above[0].starts_with(self) && above[1] == here[0];
    _exit(is_right ? 0 : 1);
  }
  int status = 1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace contextsync::process_line_test

// Who began whom, as the system tells it.

#include "server/app/process_line.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

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

/// What a grandchild sees whose parent ends at once: 0 when it learns of that in time.
int WatchInGrandchild() {
  const auto parent = WatchParent();
  if (!parent.ok()) return 0;  // an old kernel
  kill(getppid(), SIGKILL);
  pollfd watched = {.fd = parent.get(), .events = POLLIN, .revents = 0};
  constexpr int kPatienceMillis = 20'000;
  return poll(&watched, 1, kPatienceMillis) == 1 ? 0 : 1;
}

TEST(ProcessLineTest, TheEndOfTheParentIsSeen) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    if (fork() == 0) {
      const char seen = static_cast<char>(WatchInGrandchild());
      _exit(write(ends[1], &seen, 1) == 1 ? 0 : 1);
    }
    pause();
  }
  close(ends[1]);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  char seen = 1;
  ASSERT_EQ(read(ends[0], &seen, 1), 1);
  close(ends[0]);
  EXPECT_EQ(seen, 0);
}

}  // namespace
}  // namespace contextsync::process_line_test

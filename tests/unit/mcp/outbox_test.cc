#include "server/mcp/outbox.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "server/mcp/tuning.h"

namespace contextsync::mcp::outbox_test {
namespace {

struct Ends {
  UniqueFd reader;
  UniqueFd writer;
};

Ends OpenPipe() {
  std::array<int, 2> fds = {-1, -1};
  EXPECT_EQ(::pipe2(fds.data(), O_CLOEXEC), 0);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

Ends OpenSocketPair() {
  std::array<int, 2> fds = {-1, -1};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()), 0);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

bool IsReadable(int fd) {
  pollfd ready = {.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&ready, 1, 0) == 1;
}

std::string ReadAll(int fd) {
  std::string text;
  std::array<char, 65536> chunk = {};
  while (true) {
    const ssize_t count = ::read(fd, chunk.data(), chunk.size());
    if (count <= 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(count));
  }
}

// Flushes until everything is out or the peer is gone.
void FlushAll(Outbox& outbox) {
  while (outbox.pending_bytes() > 0) {
    pollfd room = {.fd = outbox.stream_fd(), .events = POLLOUT, .revents = 0};
    ASSERT_EQ(::poll(&room, 1, 10'000), 1);
    outbox.Flush();
  }
}

// A pipe and a socket pair: clients use both.
class OutboxTest : public ::testing::TestWithParam<bool> {
 protected:
  OutboxTest() : ends_(GetParam() ? OpenSocketPair() : OpenPipe()) {
    std::signal(SIGPIPE, SIG_IGN);
    outbox_ = Outbox::Open(std::move(ends_.writer)).value();
  }

  Ends ends_;
  std::shared_ptr<Outbox> outbox_;
};

INSTANTIATE_TEST_SUITE_P(PipeAndSocket, OutboxTest, ::testing::Bool());

TEST_P(OutboxTest, WritesAtOnceWhenThereIsRoom) {
  outbox_->Send("one");
  outbox_->Send("two");

  EXPECT_EQ(outbox_->pending_bytes(), 0U);
  EXPECT_FALSE(IsReadable(outbox_->wake_fd()));
  outbox_.reset();
  EXPECT_EQ(ReadAll(ends_.reader.get()), "one\ntwo\n");
}

TEST_P(OutboxTest, KeepsWhatDoesNotFitAndWakesTheLoopOnce) {
  outbox_->Send(std::string(900'000, 'a'));

  EXPECT_GT(outbox_->pending_bytes(), 0U);
  EXPECT_TRUE(IsReadable(outbox_->wake_fd()));
  outbox_->ClearWake();
  outbox_->Send("second");
  EXPECT_FALSE(IsReadable(outbox_->wake_fd()));
}

TEST_P(OutboxTest, NeverTearsOrReordersMessages) {
  std::string received;
  std::jthread reader([&] { received = ReadAll(ends_.reader.get()); });
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    const std::string message =
        std::to_string(i) + std::string(static_cast<std::size_t>(i) * 97, 'x');
    expected += message + "\n";
    outbox_->Send(message);
    outbox_->Flush();
  }

  FlushAll(*outbox_);
  outbox_.reset();
  reader.join();

  EXPECT_EQ(received, expected);
}

TEST_P(OutboxTest, TakesMessagesFromManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kMessages = 500;
  std::string received;
  std::jthread reader([&] { received = ReadAll(ends_.reader.get()); });
  {
    std::vector<std::jthread> senders;
    for (int t = 0; t < kThreads; ++t) {
      senders.emplace_back([&, t] {
        const auto letter = static_cast<char>('a' + t);
        for (int i = 0; i < kMessages; ++i)
          outbox_->Send(std::string(300, letter));
      });
    }
  }
  FlushAll(*outbox_);
  outbox_.reset();
  reader.join();

  ASSERT_EQ(received.size(), std::size_t{kThreads} * kMessages * 301);
  for (std::size_t at = 0; at < received.size(); at += 301) {
    ASSERT_EQ(received.substr(at, 301), std::string(300, received[at]) + "\n");
  }
}

TEST_P(OutboxTest, DiesQuietlyWhenTheReaderIsGone) {
  { const UniqueFd closed(std::move(ends_.reader)); }

  outbox_->Send("x");

  EXPECT_TRUE(outbox_->is_dead());
  EXPECT_TRUE(IsReadable(outbox_->wake_fd()));
  outbox_->Send("y");
  EXPECT_EQ(outbox_->pending_bytes(), 0U);
}

TEST_P(OutboxTest, GivesUpOnAPeerThatFallsBehindWithoutEnd) {
  for (std::size_t sent = 0; sent <= kOutboxLimitBytes + limits::kMiB; sent += limits::kMiB) {
    outbox_->Send(std::string(limits::kMiB, 'x'));
  }

  EXPECT_TRUE(outbox_->is_dead());
  EXPECT_EQ(outbox_->pending_bytes(), 0U);
}

TEST_P(OutboxTest, WakesOnIdleOnlyWhenAsked) {
  outbox_->OnIdle();
  EXPECT_FALSE(IsReadable(outbox_->wake_fd()));

  outbox_->WakeWhenIdle();
  outbox_->OnIdle();
  EXPECT_TRUE(IsReadable(outbox_->wake_fd()));
}

}  // namespace
}  // namespace contextsync::mcp::outbox_test

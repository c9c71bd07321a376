#include "server/relay/line_channel.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "server/app/holder_link.h"
#include "tests/support/temp_dir.h"

namespace contextsync::line_channel_test {
namespace {

using std::chrono::milliseconds;

constexpr auto kOften = milliseconds(5);
constexpr std::size_t kMaxLine = 4096;

class LineChannelTest : public ::testing::Test {
 protected:
  LineChannelTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    channel_ = LineChannel::Open(mcp::UniqueFd(ends[0]), kMaxLine).value();
    peer_ = mcp::UniqueFd(ends[1]);
    const timeval patience{.tv_sec = 30, .tv_usec = 0};
    ::setsockopt(peer_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }

  void Say(const std::string& text) const {
    EXPECT_EQ(::send(peer_.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }

  /// The next byte for the peer; 0 at the end.
  [[nodiscard]] char Hear() const {
    char byte = 0;
    return ::recv(peer_.get(), &byte, 1, 0) == 1 ? byte : '\0';
  }

  /// Runs until `count` lines came or the channel ends.
  std::vector<std::string> Take(std::size_t count) {
    std::vector<std::string> lines;
    channel_->Run(
        [&](std::string_view line) {
          lines.emplace_back(line);
          return lines.size() < count;
        },
        [] {}, kOften);
    return lines;
  }

  std::unique_ptr<LineChannel> channel_;
  mcp::UniqueFd peer_;
};

TEST_F(LineChannelTest, LinesComeInOrderHoweverTheyWereCut) {
  Say("a\nb");
  Say("c\n\nd\n");
  EXPECT_EQ(Take(3), (std::vector<std::string>{"a", "bc", "d"}));
}

TEST_F(LineChannelTest, WhatWasReadBeforeComesFirst) {
  channel_->Unread("first\nsec");
  Say("ond\n");
  EXPECT_EQ(Take(2), (std::vector<std::string>{"first", "second"}));
}

TEST_F(LineChannelTest, EndOfThePeerEndsIt) {
  Say("a\n");
  peer_ = mcp::UniqueFd();
  EXPECT_EQ(Take(99), std::vector<std::string>{"a"});
}

TEST_F(LineChannelTest, TooLongALineEndsIt) {
  Say(std::string(kMaxLine + 1, 'x') + "\nnext\n");
  EXPECT_TRUE(Take(1).empty());
}

TEST_F(LineChannelTest, StopEndsItFromAnotherThreadAndBeforeItBegan) {
  {
    const std::jthread stopper([this] { channel_->Stop(); });
    EXPECT_TRUE(Take(1).empty());
  }
  EXPECT_TRUE(Take(1).empty());
}

TEST_F(LineChannelTest, PeerLearnsOfTheEndThoughTheSinkLives) {
  const auto sink = channel_->sink();
  channel_->Stop();
  Take(1);
  EXPECT_EQ(Hear(), '\0');
  sink->Send("nobody hears this");
}

TEST_F(LineChannelTest, BeatsWhileNothingComes) {
  int beats = 0;
  channel_->Run([](std::string_view) { return true; },
                [&] {
                  if (++beats == 3) channel_->Stop();
                },
                kOften);
  EXPECT_EQ(beats, 3);
}

TEST_F(LineChannelTest, MoreThanTheSocketHoldsArrivesWholeWithoutBlockingTheSender) {
  constexpr std::size_t kBytes = 1'500'000;
  channel_->sink()->Send(std::string(kBytes, 'y'));
  std::jthread runner([this] { Take(1); });
  std::size_t heard = 0;
  while (Hear() == 'y')
    ++heard;
  EXPECT_EQ(heard, kBytes);
  Say("end\n");
}

TEST_F(LineChannelTest, OwnPeerIsKnown) {
  EXPECT_TRUE(IsOwnPeer(peer_.get()));
}

class ConnectTest : public ::testing::Test {
 protected:
  /// Listens at `name` in `directory`, which may be longer than an address.
  static mcp::UniqueFd Listen(const std::filesystem::path& directory) {
    std::filesystem::create_directories(directory);
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(directory);
    mcp::UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    address.sun_path[0] = 's';
    EXPECT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
              0);
    EXPECT_EQ(::listen(listener.get(), 1), 0);
    std::filesystem::current_path(before);
    return listener;
  }

  TempDir temp_;
};

TEST_F(ConnectTest, ReachesWhoeverListensHoweverLongThePath) {
  for (const std::size_t length : {std::size_t{3}, std::size_t{120}, std::size_t{200}}) {
    const auto directory = std::filesystem::path(temp_.path()) / std::string(length, 'd');
    const auto listener = Listen(directory);
    EXPECT_TRUE(ConnectToHolder((directory / "s").string()).ok()) << length;
  }
}

TEST_F(ConnectTest, NobodyIsUnavailable) {
  const std::string path = (std::filesystem::path(temp_.path()) / "s").string();
  EXPECT_EQ(ConnectToHolder(path).error().code(), ErrorCode::kUnavailable);
  { const auto gone = Listen(temp_.path()); }
  EXPECT_EQ(ConnectToHolder(path).error().code(), ErrorCode::kUnavailable) << "left behind";
  EXPECT_EQ(ConnectToHolder("/no/such/directory/s").error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace contextsync::line_channel_test

#include "core/sync/mailbox.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "core/sync/tuning.h"

namespace contextsync::mailbox_test {
namespace {

using namespace std::chrono_literals;

EventFrame FrameOf(EventFrame::Type type) {
  EventFrame frame;
  frame.type = type;
  return frame;
}

TEST(MailboxTest, HandsOutEverythingOnce) {
  Mailbox mailbox;
  mailbox.OnFrame(FrameOf(EventFrame::Type::kHeartbeat), 0ms);
  mailbox.RequestPush();
  const std::uint64_t ticket = mailbox.RequestPull();

  const Mail first = mailbox.Take();
  const Mail second = mailbox.Take();

  EXPECT_EQ(first.frames.size(), 1U);
  EXPECT_TRUE(first.push);
  EXPECT_EQ(first.pull_ticket, ticket);
  EXPECT_TRUE(second.frames.empty());
  EXPECT_FALSE(second.push);
}

TEST(MailboxTest, NumbersPullsWithoutEnd) {
  Mailbox mailbox;
  const std::uint64_t first = mailbox.RequestPull();
  mailbox.Take();

  EXPECT_EQ(mailbox.RequestPull(), first + 1);
}

TEST(MailboxTest, DropsAFullInboxForOnePullButKeepsReady) {
  Mailbox mailbox;
  mailbox.OnFrame(FrameOf(EventFrame::Type::kReady), 0ms);
  for (std::size_t i = 0; i < sync_tuning::kInboxFrames; ++i) {
    mailbox.OnFrame(FrameOf(EventFrame::Type::kChanged), 0ms);
  }

  const Mail mail = mailbox.Take();

  EXPECT_TRUE(mail.lost_frames);
  ASSERT_EQ(mail.frames.size(), 2U);
  EXPECT_EQ(mail.frames.front().type, EventFrame::Type::kReady);
}

TEST(MailboxTest, NeverHoldsMoreThanItsBound) {
  Mailbox mailbox;
  for (std::size_t i = 0; i < 10 * sync_tuning::kInboxFrames; ++i) {
    mailbox.OnFrame(FrameOf(EventFrame::Type::kChanged), 0ms);
  }

  EXPECT_LE(mailbox.Take().frames.size(), sync_tuning::kInboxFrames);
}

TEST(MailboxTest, WakesTheWaiterForMail) {
  Mailbox mailbox;
  std::jthread sender([&] { mailbox.RequestPush(); });

  mailbox.WaitUntil(Clock::Instant::max(), {});

  EXPECT_TRUE(mailbox.Take().push);
}

TEST(MailboxTest, WakesTheWaiterToStop) {
  Mailbox mailbox;
  std::jthread waiter(
      [&](const std::stop_token& stop) { mailbox.WaitUntil(Clock::Instant::max(), stop); });

  waiter.request_stop();
  waiter.join();
}

TEST(MailboxTest, GivesUpAtTheDeadline) {
  Mailbox mailbox;

  mailbox.WaitUntil(std::chrono::steady_clock::now() + 5ms, {});

  EXPECT_FALSE(mailbox.Take().push);
}

}  // namespace
}  // namespace contextsync::mailbox_test

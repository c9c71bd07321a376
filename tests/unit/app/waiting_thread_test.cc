#include "server/app/waiting_thread.h"

#include <atomic>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace contextsync::waiting_thread_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Answers, counted; the test waits for them with a deadline.
class Answers {
 public:
  void Add(bool has_result) {
    const MutexLock lock(mu_);
    has_result ? ++answered_ : ++cancelled_;
    changed_.NotifyAll();
  }
  bool Await(int answered, int cancelled) {
    const auto until = std::chrono::steady_clock::now() + seconds(30);
    const MutexLock lock(mu_);
    while (answered_ < answered || cancelled_ < cancelled) {
      if (!changed_.WaitUntil(mu_, until)) break;
    }
    return answered_ == answered && cancelled_ == cancelled;
  }

 private:
  Mutex mu_;
  CondVar changed_;
  int answered_ GUARDED_BY(mu_) = 0;
  int cancelled_ GUARDED_BY(mu_) = 0;
};

/// Finds something once `level` has reached what it waits for.
class LevelCall final : public WaitingCall {
 public:
  LevelCall(const std::atomic<int>& level, int wanted, Clock::Instant deadline)
      : level_(level), wanted_(wanted), deadline_(deadline) {}
  [[nodiscard]] Clock::Instant deadline() const override { return deadline_; }
  std::optional<ToolResult> Look() override {
    if (level_ < wanted_) return std::nullopt;
    return ToolResult{"found", false};
  }
  ToolResult GiveUp() override { return {"nothing came", false}; }
  ToolResult Refuse(std::size_t /*limit*/) override { return {"refused", true}; }

 private:
  const std::atomic<int>& level_;
  const int wanted_;
  const Clock::Instant deadline_;
};

class WaitingThreadTest : public ::testing::Test {
 protected:
  void Park(int wanted, std::chrono::milliseconds patience, const std::stop_token& cancelled = {}) {
    auto& room = thread_.room();
    room.Park({.session_id = "s" + std::to_string(next_session_++),
               .cancelled = cancelled,
               .seen = room.changes(),
               .call = std::make_unique<LevelCall>(level_, wanted, clock_.Now() + patience),
               .done = [this](const std::optional<ToolResult>& result) {
                 answers_.Add(result.has_value());
               }});
  }

  RealClock clock_;
  std::atomic<int> level_ = 0;
  std::atomic<int> next_session_ = 0;
  Answers answers_;
  WaitingThread thread_{clock_};  // last: its calls use the rest
};

TEST_F(WaitingThreadTest, DeadlinePassesWithoutAnyChange) {
  Park(1, milliseconds(1));
  EXPECT_TRUE(answers_.Await(1, 0));
}

TEST_F(WaitingThreadTest, EveryChangeReachesThoseWhoWaitForIt) {
  constexpr int kWriters = 4;
  constexpr int kChanges = 200;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kWriters; ++i) {
      threads.emplace_back([this] {
        for (int change = 0; change < kChanges; ++change) {
          const int wanted = level_ + 1;
          Park(wanted, seconds(300));
          ++level_;
          thread_.room().Ring();
        }
      });
    }
  }
  EXPECT_TRUE(answers_.Await(kWriters * kChanges, 0));
}

TEST_F(WaitingThreadTest, CancellationsCrossChangesAndLeaveNobodyBehind) {
  constexpr int kCalls = 500;
  std::vector<std::stop_source> sources(kCalls);
  std::jthread ringing([this](const std::stop_token& stop) {
    while (!stop.stop_requested())
      thread_.room().Ring();
  });

  for (auto& source : sources) {
    Park(1, seconds(300), source.get_token());
    source.request_stop();
  }

  EXPECT_TRUE(answers_.Await(0, kCalls));
}

TEST_F(WaitingThreadTest, DestructionDoesNotWaitForThoseWhoWait) {
  {
    WaitingThread thread(clock_);
    thread.room().Park({.session_id = "s",
                        .cancelled = {},
                        .seen = 0,
                        .call = std::make_unique<LevelCall>(level_, 1, clock_.Now() + seconds(300)),
                        .done = [this](const std::optional<ToolResult>& result) {
                          answers_.Add(result.has_value());
                        }});
  }
  EXPECT_TRUE(answers_.Await(0, 0));
}

}  // namespace
}  // namespace contextsync::waiting_thread_test

#include "server/app/worker_pool.h"

#include <atomic>
#include <future>
#include <memory>
#include <utility>

#include <gtest/gtest.h>

namespace contextsync::worker_pool_test {
namespace {

using std::chrono::seconds;

Clock::Instant Soon() {
  return std::chrono::steady_clock::now() + seconds(10);
}

/// Holds a worker until the test lets it go.
class Latch {
 public:
  std::function<void()> Work() {
    return [this] {
      entered_.set_value();
      released_.get_future().wait();
    };
  }
  bool AwaitEntered() {
    return entered_.get_future().wait_for(seconds(10)) == std::future_status::ready;
  }
  void Release() { released_.set_value(); }

 private:
  std::promise<void> entered_;
  std::promise<void> released_;
};

TEST(WorkerPoolTest, RunsEverythingOnce) {
  WorkerPool pool({.name = "test", .threads = 4});
  std::atomic<int> runs{0};

  for (int i = 0; i < 1'000; ++i)
    pool.Post([&] { ++runs; });

  EXPECT_TRUE(pool.WaitUntilIdle(Soon()));
  EXPECT_EQ(runs, 1'000);
}

TEST(WorkerPoolTest, RunsAsManyAtOnceAsItHasThreads) {
  Latch first;
  Latch second;
  WorkerPool pool({.name = "test", .threads = 2});

  pool.Post(first.Work());
  pool.Post(second.Work());

  EXPECT_TRUE(first.AwaitEntered());
  EXPECT_TRUE(second.AwaitEntered());
  first.Release();
  second.Release();
}

TEST(WorkerPoolTest, RefusesAboveItsBoundButNotWhatMustNotBeLost) {
  Latch latch;
  WorkerPool pool({.name = "test", .threads = 1, .max_queued = 1});
  std::atomic<int> runs{0};
  pool.Post(latch.Work());
  ASSERT_TRUE(latch.AwaitEntered());

  EXPECT_TRUE(pool.TryPost([&] { ++runs; }));
  EXPECT_FALSE(pool.TryPost([&] { ++runs; }));
  pool.Post([&] { ++runs; });
  latch.Release();

  EXPECT_TRUE(pool.WaitUntilIdle(Soon()));
  EXPECT_EQ(runs, 2);
}

TEST(WorkerPoolTest, StoppedItFinishesWhatItHasAndTakesNothingNew) {
  Latch latch;
  WorkerPool pool({.name = "test", .threads = 1});
  std::atomic<int> runs{0};
  pool.Post(latch.Work());
  ASSERT_TRUE(latch.AwaitEntered());
  pool.Post([&] { ++runs; });

  pool.Stop();
  pool.Post([&] { ++runs; });
  EXPECT_FALSE(pool.TryPost([&] { ++runs; }));
  EXPECT_FALSE(pool.WaitUntilIdle(std::chrono::steady_clock::now()));
  latch.Release();

  EXPECT_TRUE(pool.WaitUntilIdle(Soon()));
  EXPECT_EQ(runs, 1);
}

TEST(WorkerPoolTest, TheDestructorDropsWhatHasNotBegun) {
  auto held = std::make_shared<int>(1);
  std::atomic<int> runs{0};
  Latch latch;
  auto pool = std::make_unique<WorkerPool>(WorkerPool::Options{.name = "test", .threads = 1});
  pool->Post(latch.Work());
  ASSERT_TRUE(latch.AwaitEntered());
  pool->Post([&runs, held] { ++runs; });

  std::jthread destroyer([&] { pool.reset(); });
  while (held.use_count() > 1)
    std::this_thread::yield();
  latch.Release();
  destroyer.join();

  EXPECT_EQ(runs, 0);
}

TEST(WorkerPoolTest, WorkMayPostWork) {
  WorkerPool pool({.name = "test", .threads = 1});
  std::promise<void> done;

  pool.Post([&] { pool.Post([&] { done.set_value(); }); });

  EXPECT_EQ(done.get_future().wait_for(seconds(10)), std::future_status::ready);
}

TEST(WorkerPoolTest, WorkPostedFromEveryWorkerAtOnceIsNeverForgotten) {
  WorkerPool pool({.name = "test", .threads = 3});
  std::atomic<int> runs{0};
  std::function<void(int)> split = [&](int depth) {
    ++runs;
    if (depth == 0) return;
    pool.Post([&split, depth] { split(depth - 1); });
    pool.Post([&split, depth] { split(depth - 1); });
  };

  pool.Post([&split] { split(11); });

  EXPECT_TRUE(pool.WaitUntilIdle(Soon()));
  EXPECT_EQ(runs, (1 << 12) - 1);
}

TEST(WorkerPoolTest, ManyPoolsComeAndGoWithoutWork) {
  for (int i = 0; i < 100; ++i) {
    WorkerPool pool({.name = "test", .threads = 8});
    if (i % 2 == 0) pool.Stop();
  }
}

}  // namespace
}  // namespace contextsync::worker_pool_test

#include "storage/rocks/use_gate.h"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace contextsync::use_gate_test {
namespace {

using std::chrono_literals::operator""ms;

constexpr auto kLong = 10'000ms;

TEST(UseGateTest, ClosesWhenNobodyIsInside) {
  UseGate gate;
  EXPECT_TRUE(gate.Close(kLong));
  gate.Open();
  const UseGate::Use use(gate);
}

TEST(UseGateTest, GivesUpOnAUseThatDoesNotEnd) {
  UseGate gate;
  std::atomic<bool> is_inside = false;
  std::atomic<bool> may_leave = false;
  std::thread user([&] {
    const UseGate::Use use(gate);
    is_inside = true;
    is_inside.notify_one();
    may_leave.wait(false);
  });
  is_inside.wait(false);

  EXPECT_FALSE(gate.Close(1ms));
  { const UseGate::Use use(gate); }  // open again

  may_leave = true;
  may_leave.notify_one();
  user.join();
  EXPECT_TRUE(gate.Close(kLong));
  gate.Open();
}

TEST(UseGateTest, CannotBeClosedFromInside) {
  UseGate gate;
  const UseGate::Use use(gate);
  EXPECT_FALSE(gate.Close(kLong));
}

TEST(UseGateTest, LetsANestedUseInWhileItCloses) {
  UseGate gate;
  std::atomic<bool> is_inside = false;
  std::thread user([&] {
    const UseGate::Use outer(gate);
    is_inside = true;
    is_inside.notify_one();
    // By now or soon the gate is closing; either way this must not wait for it.
    for (int i = 0; i < 1000; ++i)
      const UseGate::Use inner(gate);
  });
  is_inside.wait(false);
  EXPECT_TRUE(gate.Close(kLong));
  gate.Open();
  user.join();
}

TEST(UseGateTest, NobodyIsInsideWhileItIsClosed) {
  UseGate gate;
  std::atomic<int> inside = 0;
  std::atomic<bool> done = false;
  std::vector<std::thread> users;
  for (int i = 0; i < 4; ++i) {
    users.emplace_back([&] {
      while (!done) {
        const UseGate::Use use(gate);
        ++inside;
        --inside;
      }
    });
  }
  for (int round = 0; round < 200; ++round) {
    ASSERT_TRUE(gate.Close(kLong));
    EXPECT_EQ(inside, 0);
    gate.Open();
  }
  done = true;
  for (std::thread& user : users)
    user.join();
}

}  // namespace
}  // namespace contextsync::use_gate_test

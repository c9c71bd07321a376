#include "core/base/failpoint.h"

#include <algorithm>
#include <csignal>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace contextsync::failpoint_test {
namespace {

class FailpointTest : public ::testing::Test {
 protected:
  ~FailpointTest() override { failpoint_internal::is_armed = false; }
};

TEST_F(FailpointTest, DoesNothingUnlessArmed) {
  EXPECT_TRUE(TryFailpoint(Failpoint::kCommitStaged).ok());
}

TEST_F(FailpointTest, FailsTheNamedStepOnceAtTheGivenTime) {
  ASSERT_TRUE(ArmFailpoint("commit.staged:2=error").ok());

  EXPECT_TRUE(TryFailpoint(Failpoint::kFlushStoreSynced).ok());
  EXPECT_TRUE(TryFailpoint(Failpoint::kCommitStaged).ok());
  const Status second = TryFailpoint(Failpoint::kCommitStaged);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(TryFailpoint(Failpoint::kCommitStaged).ok());
}

TEST_F(FailpointTest, CrashesByDefault) {
  EXPECT_EXIT(
      {
        static_cast<void>(ArmFailpoint("commit.stored").ok());
        PassFailpoint(Failpoint::kCommitStored);
      },
      ::testing::KilledBySignal(SIGKILL), "");
}

TEST_F(FailpointTest, TracesEveryStep) {
  ASSERT_TRUE(ArmFailpoint("*=trace").ok());
  ::testing::internal::CaptureStderr();
  PassFailpoint(Failpoint::kCommitStored);
  PassFailpoint(Failpoint::kHubIdle);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "failpoint commit.stored\nfailpoint hub.idle\n");
}

TEST_F(FailpointTest, RefusesWhatItDoesNotKnow) {
  for (const char* wrong : {"no.such.step", "commit.staged=explode", "commit.staged:0",
                            "commit.staged:x", "commit.staged:1x=crash", ""}) {
    const Status armed = ArmFailpoint(wrong);
    ASSERT_FALSE(armed.ok()) << wrong;
    EXPECT_EQ(armed.error().code(), ErrorCode::kInvalidArgument) << wrong;
  }
}

TEST_F(FailpointTest, NamesAreWholeAndDiffer) {
  const auto names = FailpointNames();
  EXPECT_EQ(std::set(names.begin(), names.end()).size(), names.size());
  EXPECT_TRUE(std::none_of(names.begin(), names.end(), [](auto name) { return name.empty(); }));
}

}  // namespace
}  // namespace contextsync::failpoint_test

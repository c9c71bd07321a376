// Copies of one notebook, and notebooks that lost their end: each takes a device id of its own, and
// nothing that was acknowledged is lost.

#include "tests/unit/corners/seat.h"

namespace contextsync::copied_notebook_test {
namespace {

class CopiedNotebookTest : public CornerFixture {
 protected:
  [[nodiscard]] static DeviceId Device(const Seat& seat) {
    return seat.notebook->Position().device;
  }

  void ExpectACure(const Seat& seat, DeviceId before) {
    EXPECT_NE(Device(seat), before);
    ASSERT_TRUE(seat.notebook->Summary().recovery.has_value());
    EXPECT_FALSE(seat.notebook->Summary().recovery->message.empty());
    EXPECT_EQ(seat.notebook->Summary().recovery->lost_to, EntryNumber()) << "nothing was lost";
  }
};

TEST_F(CopiedNotebookTest, TwoCopiesThatWriteBothKeepTheirEntries) {
  a_.Set("t0", {{"a", 1}});
  Converge();
  b_.CopyFrom(a_);
  const DeviceId shared = Device(a_);
  ASSERT_EQ(Device(b_), shared);

  a_.Set("t1", {{"from", "a"}});
  a_.Set("t2", {{"insights", {{{"id", "a"}}}}});
  b_.Set("t2", {{"insights", {{{"id", "b"}}}}});
  b_.Set("t3", {{"from", "b"}});
  Converge();

  EXPECT_NE(Device(a_), Device(b_));
  EXPECT_EQ(b_.Data("t1"), (Json{{"from", "a"}}));
  EXPECT_EQ(a_.Data("t3"), (Json{{"from", "b"}}));
  EXPECT_EQ(a_.Data("t2")["insights"].size(), 2U);
  EXPECT_TRUE(a_.notebook->Summary().recovery || b_.notebook->Summary().recovery);
}

TEST_F(CopiedNotebookTest, CopiesWithPendingEntriesMintNoSecondEffect) {
  Converge();
  a_.link.faults.is_cut = true;
  a_.Set("t1", {{"insights", {{{"id", "shared"}}}}});
  b_.CopyFrom(a_);
  a_.link.faults.is_cut = false;

  Converge();

  EXPECT_EQ(a_.Data("t1")["insights"].size(), 1U);
}

TEST_F(CopiedNotebookTest, AnOldCopyPutBackIsNoticedByTheHubsLastNumber) {
  a_.Set("t1", {{"n", 1}});
  Converge();
  Seat old("old", hub_, world_);
  old.CopyFrom(a_);
  a_.Set("t1", {{"n", 2}});
  a_.Set("t2", {{"later", 1}});
  Converge();
  const DeviceId before = Device(a_);
  a_.CopyFrom(old);

  a_.Set("t3", {{"after", 1}});
  Converge();

  ExpectACure(a_, before);
  EXPECT_EQ(a_.Data("t1"), (Json{{"n", 2}}));
  EXPECT_EQ(a_.Data("t2"), (Json{{"later", 1}}));
  EXPECT_EQ(b_.Data("t3"), (Json{{"after", 1}}));
}

}  // namespace
}  // namespace contextsync::copied_notebook_test

#include <vector>

#include <gtest/gtest.h>

#include "core/notebook/policy_source.h"
#include "tests/unit/notebook/fixture.h"

namespace contextsync::rehearsal_test {
namespace {

using test::Branch;
using test::Desk;
using test::Task;
using test::Updating;

class RehearsalTest : public ::testing::Test {
 protected:
  Desk desk_;
};

TEST_F(RehearsalTest, SaysWhatAWriteWouldAnswerAndWritesNothing) {
  const auto request = desk_.Request({Updating(Task("t1"), {{"a", 1}})});
  const auto before = desk_.notebook->Position();

  const auto rehearsed = desk_.notebook->Rehearse(request);
  ASSERT_TRUE(rehearsed.ok());
  EXPECT_TRUE(rehearsed.value().writes.front().created);
  EXPECT_TRUE(desk_.Data(Task("t1")).is_null());
  EXPECT_EQ(desk_.notebook->Position().next_n, before.next_n);

  const auto written = desk_.notebook->Write(request);
  ASSERT_TRUE(written.ok());
  EXPECT_FALSE(written.value().repeated);
  EXPECT_EQ(written.value().writes.front().version, rehearsed.value().writes.front().version);
}

TEST_F(RehearsalTest, KnowsAnOperationThatWasDone) {
  const auto request = desk_.Request({Updating(Task("t1"), {{"a", 1}})});
  ASSERT_TRUE(desk_.notebook->Write(request).ok());

  const auto rehearsed = desk_.notebook->Rehearse(request);
  ASSERT_TRUE(rehearsed.ok());
  EXPECT_TRUE(rehearsed.value().repeated);
}

TEST_F(RehearsalTest, RefusesWhatAWriteWould) {
  const auto refused = desk_.notebook->Rehearse(
      desk_.Request({Updating(Task("t1"), {{"key", "AKIAZ7QLMW4RTYUXPE3K"}})}));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().code, RefusalCode::kSecretBlocked);
}

TEST_F(RehearsalTest, APolicyThatWasOnlyRehearsedRulesNothing) {
  ASSERT_TRUE(
      desk_.notebook
          ->Rehearse(desk_.Request({Updating(PolicyContext(), {{"secrets", {{"mode", "warn"}}}})}))
          .ok());

  EXPECT_FALSE(desk_.Try(Updating(Task("t1"), {{"key", "AKIAZ7QLMW4RTYUXPE3K"}})).ok());
}

TEST_F(RehearsalTest, AllContextsStandByLevelAndId) {
  desk_.Update(Task("b"), {{"x", 1}});
  desk_.Update(Branch("z"), {{"x", 1}});
  desk_.Update(Task("a"), {{"x", 1}});
  desk_.Update(Task("gone"), {{"x", 1}});
  desk_.Write(test::Deleting(Task("gone")));
  desk_.clock.Advance(1'000);
  desk_.Update(Task("b"), {{"x", 2}});

  const auto contexts = desk_.notebook->Contexts();
  ASSERT_TRUE(contexts.ok());
  EXPECT_EQ(contexts.value(), (std::vector<ContextRef>{Branch("z"), Task("a"), Task("b")}));
}

}  // namespace
}  // namespace contextsync::rehearsal_test

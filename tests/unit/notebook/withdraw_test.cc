// What a notebook takes back when the hub refuses a write whose caller wanted to know.

#include <gtest/gtest.h>

#include "tests/unit/notebook/conflicts_fixture.h"
#include "tests/unit/notebook/states.h"

namespace contextsync::test::withdraw_test {
namespace {

class WithdrawTest : public ConflictsFixture {
 protected:
  WithdrawTest() {
    hub_.rejects = [](const PushEntry& entry) { return entry.fail; };
    hub_.refusal_code = "VERSION_MISMATCH";
    b_.Update(Task("t1"), {{"status", "done"}});
    SyncAll(*b_.notebook, hub_);
    SyncAll(*a_.notebook, hub_);
  }

  WriteReceipt WriteOrFail(const ContextRef& ref, Json data, const std::string& op_id) {
    auto write = Updating(ref, std::move(data));
    write.fail_on_conflict = true;
    return a_.Write(std::move(write), op_id);
  }
};

TEST_F(WithdrawTest, ARefusedWriteIsTakenBackWhole) {
  const Json before = a_.Data(Task("t1"));
  const auto version = a_.Version(Task("t1")).version;
  WriteOrFail(Task("t1"), {{"status", "mine"}}, "op");
  b_.Update(Task("t1"), {{"status", "theirs"}});
  SyncAll(*b_.notebook, hub_);
  SyncAll(*a_.notebook, hub_);
  ASSERT_EQ(a_.notebook->Summary().parked, 1U);

  const auto refusal = a_.notebook->Withdraw("op");

  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->code, RefusalCode::kVersionMismatch);
  EXPECT_EQ(refusal->details["expected"], version);
  EXPECT_EQ(refusal->details["version"], 2);
  EXPECT_EQ(refusal->details["changed_keys"], Json::array({"status"}));
  EXPECT_EQ(a_.notebook->Summary().parked, 0U);
  EXPECT_EQ(a_.Data(Task("t1")), (Json{{"status", "theirs"}}));
  EXPECT_EQ(a_.Version(Task("t1")).version, 2U);
  EXPECT_FALSE(a_.Version(Task("t1")).pending);
  EXPECT_EQ(StatesOf(a_), hub_.states());
  EXPECT_NE(a_.Data(Task("t1")), before);
}

TEST_F(WithdrawTest, TakingBackIsNoWordOfTheHub) {
  WriteOrFail(Task("t1"), {{"status", "mine"}}, "op");
  const auto speak = [this] {
    a_.notebook->HubSpoke({a_.clock.BootTime(), hub_.Hello({}).epoch, HubSequence(0)});
  };
  speak();
  SyncAll(*a_.notebook, hub_);
  const auto synced_at = a_.notebook->Position().last_sync_at;
  ASSERT_TRUE(synced_at.has_value());
  a_.clock.Advance(10'000);
  speak();

  ASSERT_TRUE(a_.notebook->Withdraw("op").has_value());

  EXPECT_EQ(a_.notebook->Position().last_sync_at, synced_at);
}

TEST_F(WithdrawTest, ItsOpIdMayBeUsedAgain) {
  WriteOrFail(Task("t1"), {{"status", "mine"}}, "op");
  SyncAll(*a_.notebook, hub_);
  ASSERT_TRUE(a_.notebook->Withdraw("op").has_value());

  EXPECT_FALSE(WriteOrFail(Task("t1"), {{"status", "mine"}}, "op").repeated);
}

TEST_F(WithdrawTest, NobodyIsToldOfIt) {
  const auto before = a_.notebook->Latest();
  WriteOrFail(Task("t1"), {{"status", "mine"}}, "op");
  SyncAll(*a_.notebook, hub_);
  ASSERT_TRUE(a_.notebook->Withdraw("op").has_value());

  ChangesQuery query;
  query.since = before;
  query.session = "another";
  EXPECT_TRUE(a_.notebook->Changes(query).value().changes.empty());
}

TEST_F(WithdrawTest, NothingElseIsTakenBack) {
  WriteOrFail(Task("t2"), {{"status", "other"}}, "op-2");
  SyncAll(*a_.notebook, hub_);

  EXPECT_FALSE(a_.notebook->Withdraw("op").has_value());
  EXPECT_EQ(a_.notebook->Summary().parked, 1U);
}

TEST_F(WithdrawTest, AnotherRefusalIsNotTheCallersBusiness) {
  hub_.refusal_code = "FORBIDDEN";
  WriteOrFail(Task("t1"), {{"status", "mine"}}, "op");
  SyncAll(*a_.notebook, hub_);

  EXPECT_FALSE(a_.notebook->Withdraw("op").has_value());
  EXPECT_EQ(a_.Data(Task("t1")).at("status"), "mine") << "parked and shown";
}

TEST_F(WithdrawTest, AllContextsOfATransactionAreTakenBack) {
  auto write = Updating(Task("t9"), {{"status", "mine"}});
  write.fail_on_conflict = true;
  write.parents = {Branch("main")};
  hub_.rejects = [](const PushEntry& entry) { return entry.tx.has_value(); };
  a_.Write(std::move(write), "op");
  SyncAll(*a_.notebook, hub_);
  ASSERT_EQ(a_.notebook->Summary().parked, 2U);

  ASSERT_TRUE(a_.notebook->Withdraw("op").has_value());

  EXPECT_EQ(a_.notebook->Summary().parked, 0U);
  EXPECT_TRUE(a_.Data(Task("t9")).is_null());
  EXPECT_TRUE(a_.Data(Branch("main")).is_null());
}

TEST_F(WithdrawTest, LaterTheRefusalIsNoticedByTheWriterToo) {
  const auto before = a_.notebook->Latest();
  WriteOrFail(Task("t1"), {{"status", "mine"}}, "op");
  SyncAll(*a_.notebook, hub_);

  ChangesQuery query;
  query.since = before;
  query.session = "session-a";
  const auto changes = a_.notebook->Changes(query).value().changes;
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].change_type, "conflict");
  EXPECT_EQ(changes[0].keys, std::vector<std::string>{"status"});
  EXPECT_FALSE(changes[0].seq.has_value());
}

}  // namespace
}  // namespace contextsync::test::withdraw_test

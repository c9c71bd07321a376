// Writes on a notebook: what is stored, what is refused, what a caller may expect of versions.

#include <gtest/gtest.h>

#include "tests/unit/notebook/fixture.h"
#include "tests/unit/notebook/tiny_hub.h"

namespace contextsync::test::write_test {
namespace {

class WriteTest : public ::testing::Test {
 protected:
  Desk desk_;
};

TEST_F(WriteTest, StoresWhatWasSentAndReadsItBack) {
  const auto receipt = desk_.Update(Task("t1"), {{"status", "open"}, {"files_read", {"a.cc"}}});

  EXPECT_EQ(desk_.Data(Task("t1")), (Json{{"status", "open"}, {"files_read", {"a.cc"}}}));
  const auto& written = receipt.writes.at(0);
  EXPECT_TRUE(written.created);
  EXPECT_TRUE(written.changed);
  EXPECT_TRUE(written.pending);
  EXPECT_EQ(written.version, 1U);
  EXPECT_EQ(written.stored_keys, (std::vector<std::string>{"files_read", "status"}));
  EXPECT_EQ(receipt.first_n, EntryNumber(1));
  EXPECT_EQ(receipt.last_n, EntryNumber(1));
}

TEST_F(WriteTest, NeverSeenContextReadsAsNeitherFoundNorDeleted) {
  const auto lookup = desk_.notebook->Read(Task("nothing"));

  ASSERT_TRUE(lookup.ok());
  EXPECT_FALSE(lookup.value().found);
  EXPECT_FALSE(lookup.value().deleted);
  EXPECT_EQ(desk_.Version(Task("nothing")).version, 0U);
}

TEST_F(WriteTest, UnchangedUpdateJournalsNothing) {
  desk_.Update(Task("t1"), {{"status", "open"}});

  const auto receipt = desk_.Update(Task("t1"), {{"status", "open"}});

  EXPECT_FALSE(receipt.writes.at(0).changed);
  EXPECT_EQ(receipt.writes.at(0).version, 1U);
  EXPECT_EQ(receipt.writes.at(0).stored_keys, std::vector<std::string>{"status"});
  EXPECT_EQ(receipt.last_n, EntryNumber(0));
  EXPECT_EQ(desk_.notebook->Summary().pending, 1U);
}

/// Time goes on between any two looks at it.
class RunningClock final : public Clock {
 public:
  [[nodiscard]] UnixMillis WallMillis() const override { return ++wall_; }
  [[nodiscard]] Instant Now() const override { return {}; }
  [[nodiscard]] std::chrono::milliseconds BootTime() const override { return {}; }

 private:
  mutable UnixMillis wall_ = 1'700'000'000'000;
};

TEST(WriteWithRunningClockTest, NothingIsUpdatedBeforeItWasCreated) {
  MemoryTableStore store(Notebook::TableNames().size());
  MemoryHighWaterMark mark;
  RunningClock clock;
  SeededRandom random(1);
  auto notebook = Notebook::Open(store, mark, clock, random, {WorkspaceId("w"), false});
  WriteRequest request;
  request.op_id = "op";
  request.writes.emplace_back();
  request.writes.back().context = Task("t1");
  request.writes.back().update.data = {{"k", 1}};

  ASSERT_TRUE(notebook.value()->Write(request).ok());

  const auto lookup = notebook.value()->Read(Task("t1"));
  const auto& info = lookup.value().found->info;
  EXPECT_LE(info.created_at, info.updated_at);
}

TEST_F(WriteTest, EachWriteIsOneMoreProvisionalVersion) {
  desk_.Update(Task("t1"), {{"a", 1}});
  const auto receipt = desk_.Update(Task("t1"), {{"a", 2}});

  EXPECT_EQ(receipt.writes.at(0).version, 2U);
  EXPECT_EQ(desk_.Version(Task("t1")).version, 2U);
  EXPECT_TRUE(desk_.Version(Task("t1")).pending);
}

TEST(WriteWithoutHubTest, VersionsAreLocalAndNothingIsPending) {
  Desk desk(false);

  const auto receipt = desk.Update(Task("t1"), {{"a", 1}});

  EXPECT_EQ(receipt.writes.at(0).version, 1U);
  EXPECT_FALSE(receipt.writes.at(0).pending);
  EXPECT_EQ(desk.notebook->Summary().pending, 0U);
}

TEST_F(WriteTest, CreateOfAnExistingContextIsRefusedWithItsVersion) {
  desk_.Update(Task("t1"), {{"a", 1}});
  auto create = Updating(Task("t1"), {{"a", 2}});
  create.expectation = Expectation::kAbsent;

  const auto refused = desk_.Try(create);

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().code, RefusalCode::kAlreadyExists);
  EXPECT_EQ(refused.failure().details["version"], 1);
  EXPECT_EQ(desk_.Data(Task("t1")), (Json{{"a", 1}}));
}

TEST_F(WriteTest, DeleteLeavesWhoAndWhen) {
  desk_.Update(Task("t1"), {{"a", 1}});
  desk_.clock.Advance(500);

  const auto receipt = desk_.Write(Deleting(Task("t1")));

  EXPECT_EQ(receipt.writes.at(0).deleted_count, 1U);
  const auto lookup = desk_.notebook->Read(Task("t1")).value();
  EXPECT_FALSE(lookup.found);
  ASSERT_TRUE(lookup.deleted);
  EXPECT_EQ(lookup.deleted->by, "agent-a");
  EXPECT_EQ(lookup.deleted->at, desk_.clock.WallMillis());
}

TEST_F(WriteTest, DeleteOfNothingIsNotFound) {
  const auto refused = desk_.Try(Deleting(Task("t1")));

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().code, RefusalCode::kNotFound);
}

TEST_F(WriteTest, UpdateRevivesADeletedContextWithOnlyTheNewFields) {
  desk_.Update(Task("t1"), {{"a", 1}});
  desk_.Write(Deleting(Task("t1")));

  desk_.Update(Task("t1"), {{"b", 2}});

  EXPECT_EQ(desk_.Data(Task("t1")), (Json{{"b", 2}}));
}

class ParentTest : public WriteTest {
 protected:
  ContextWrite TaskOfMain(const std::string& id) {
    auto write = Updating(Task(id), {{"a", 1}});
    write.parents = {{Level::kGlobal, "global"}, {Level::kProject, "p"}, Branch("main")};
    return write;
  }
};

TEST_F(ParentTest, MissingParentsAreCreatedInTheSameTransaction) {
  const auto receipt = desk_.Write(TaskOfMain("t1"));

  EXPECT_EQ(receipt.writes.at(0).parents_created.size(), 3U);
  EXPECT_EQ(receipt.last_n, EntryNumber(4));
  const auto push = desk_.notebook->NextPush(256, 1 << 20).value();
  ASSERT_EQ(push.size(), 4U);
  for (std::uint32_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(push[i].tx);
    EXPECT_EQ(push[i].tx->id, push[0].tx->id);
    EXPECT_EQ(push[i].tx->index, i);
    EXPECT_EQ(push[i].tx->count, 4U);
  }
  EXPECT_EQ(desk_.notebook->Read(Task("t1")).value().found->info.parent, Branch("main"));
}

TEST_F(ParentTest, ExistingParentsAreLeftAlone) {
  desk_.Write(TaskOfMain("t1"));

  const auto receipt = desk_.Write(TaskOfMain("t2"));

  EXPECT_TRUE(receipt.writes.at(0).parents_created.empty());
  EXPECT_EQ(receipt.first_n, receipt.last_n);
}

TEST_F(ParentTest, DeleteOfAParentIsRefusedWithItsChildren) {
  desk_.Write(TaskOfMain("t1"));
  desk_.Write(TaskOfMain("t2"));

  const auto refused = desk_.Try(Deleting(Branch("main")));

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().code, RefusalCode::kHasChildren);
  EXPECT_EQ(refused.failure().details["children"], 2);
  EXPECT_EQ(refused.failure().details["sample"].size(), 2U);
}

TEST_F(ParentTest, CascadeDeletesAllBelowAtOnce) {
  desk_.Write(TaskOfMain("t1"));
  desk_.Write(TaskOfMain("t2"));
  auto deletion = Deleting({Level::kProject, "p"});
  deletion.cascade = true;

  const auto receipt = desk_.Write(deletion);

  EXPECT_EQ(receipt.writes.at(0).deleted_count, 4U);
  EXPECT_TRUE(desk_.Data(Task("t1")).is_null());
  EXPECT_TRUE(desk_.Data(Branch("main")).is_null());
  EXPECT_EQ(desk_.notebook->Summary().contexts, 1U);
}

TEST_F(ParentTest, MovingAContextChangesWhoseChildItIs) {
  desk_.Write(TaskOfMain("t1"));
  auto move = Updating(Task("t1"), Json::object());
  move.update.parent = Branch("other");
  move.parents = {Branch("other")};

  const auto receipt = desk_.Write(move);

  EXPECT_TRUE(receipt.writes.at(0).changed);
  EXPECT_EQ(desk_.notebook->Read(Task("t1")).value().found->info.parent, Branch("other"));
  EXPECT_TRUE(desk_.Try(Deleting(Branch("main"))).ok());
}

class ExpectedVersionTest : public WriteTest {
 protected:
  Checked<WriteReceipt> UpdateExpecting(std::uint64_t version) {
    auto write = Updating(Task("t1"), {{"status", "done"}});
    write.expected_version = version;
    return desk_.Try(write);
  }
};

TEST_F(ExpectedVersionTest, ZeroMeansMustNotExist) {
  EXPECT_TRUE(UpdateExpecting(0).ok());
  desk_.Write(Deleting(Task("t1")));
  EXPECT_TRUE(UpdateExpecting(0).ok());
}

TEST_F(ExpectedVersionTest, AnotherVersionIsRefusedWithWhatChanged) {
  desk_.Update(Task("t1"), {{"a", 1}});
  desk_.Update(Task("t1"), {{"b", 1}});

  const auto refused = UpdateExpecting(1);

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().code, RefusalCode::kVersionMismatch);
  EXPECT_EQ(refused.failure().details["version"], 2);
  EXPECT_EQ(refused.failure().details["expected"], 1);
  EXPECT_EQ(refused.failure().details["changed_keys"], Json::array({"b"}));
}

TEST_F(ExpectedVersionTest, TheEntryTellsTheHubToFailToo) {
  ASSERT_TRUE(UpdateExpecting(0).ok());

  EXPECT_TRUE(desk_.notebook->NextPush(1, 1 << 20).value().at(0).fail);
}

TEST_F(WriteTest, WritesOfOneRequestSeeTheOnesBefore) {
  auto second = Updating(Task("t1"), {{"b", 2}});
  second.expected_version = 1;

  const auto receipt =
      desk_.notebook->Write(desk_.Request({Updating(Task("t1"), {{"a", 1}}), std::move(second)}));

  ASSERT_TRUE(receipt.ok());
  EXPECT_EQ(desk_.Data(Task("t1")), (Json{{"a", 1}, {"b", 2}}));
  const auto push = desk_.notebook->NextPush(256, 1 << 20).value();
  ASSERT_EQ(push.size(), 2U);
  EXPECT_EQ(push[1].over, push[0].id);
}

TEST_F(WriteTest, OneRefusedWriteRefusesTheWholeRequest) {
  const auto refused = desk_.notebook->Write(
      desk_.Request({Updating(Task("t1"), {{"a", 1}}), Deleting(Task("nothing"))}));

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().details["index"], 1);
  EXPECT_TRUE(desk_.Data(Task("t1")).is_null());
  EXPECT_EQ(desk_.notebook->Summary().contexts, 0U);
  EXPECT_EQ(desk_.Update(Task("t1"), {{"a", 1}}).first_n, EntryNumber(1));
}

TEST_F(WriteTest, TooLongAListIsTooLarge) {
  Json list = Json::array();
  for (std::size_t i = 0; i <= limits::kListElements; ++i)
    list.push_back(i);

  const auto refused = desk_.Try(Updating(Task("t1"), {{"files_read", list}}));

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().code, RefusalCode::kTooLarge);
  EXPECT_EQ(refused.failure().details["what"], "list_elements");
  EXPECT_EQ(refused.failure().details["limit"], limits::kListElements);
}

TEST_F(WriteTest, ATransactionAboveTheWireLimitIsTooLarge) {
  std::vector<ContextWrite> writes;
  for (int i = 0; i < 4; ++i)
    writes.push_back(
        Updating(Task("t" + std::to_string(i)), {{"text", std::string(2 << 20, 'x')}}));

  const auto refused = desk_.notebook->Write(desk_.Request(std::move(writes)));

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().code, RefusalCode::kTooLarge);
  EXPECT_EQ(refused.failure().details["what"], "entry_bytes");
  EXPECT_EQ(desk_.notebook->Summary().pending, 0U);
}

TEST_F(WriteTest, AListPolicyByPathDecidesTheNextWrite) {
  const ContextRef policy{Level::kGlobal, "_policy"};
  desk_.Update(policy, {{"lists", {{"/labels", "replace"}, {"task:/todo", "union"}}}});
  desk_.Update(Task("t1"), {{"labels", {"a"}}, {"todo", {"x"}}});

  desk_.Update(Task("t1"), {{"labels", {"b"}}, {"todo", {"y"}}});

  EXPECT_EQ(desk_.Data(Task("t1")), (Json{{"labels", {"b"}}, {"todo", {"x", "y"}}}));
}

TEST_F(WriteTest, ABadPolicyIsRefused) {
  const auto refused =
      desk_.Try(Updating({Level::kGlobal, "_policy"}, {{"conflict", {{"workspace", "nonsense"}}}}));

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().code, RefusalCode::kInvalidArgument);
}

TEST_F(WriteTest, ClockBeyondTheYear9999RefusesWrites) {
  desk_.clock.Set(253'402'300'800'000);

  const auto refused = desk_.Try(Updating(Task("t1"), {{"a", 1}}));

  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.failure().code, RefusalCode::kInternal);
}

TEST_F(WriteTest, ClockInThePastStillAscends) {
  desk_.Update(Task("t1"), {{"a", 1}});
  desk_.clock.Advance(-3'600'000);
  desk_.Update(Task("t1"), {{"a", 2}});

  const auto push = desk_.notebook->NextPush(256, 1 << 20).value();
  EXPECT_LT(push.at(0).hlc, push.at(1).hlc);
  EXPECT_LT(push.at(0).id, push.at(1).id);
  EXPECT_EQ(desk_.Data(Task("t1")), (Json{{"a", 2}}));
}

TEST_F(WriteTest, SummaryCountsContextsAndBytes) {
  desk_.Update(Task("t1"), {{"a", 1}});
  desk_.Update(Task("t2"), {{"a", 1}});
  desk_.Write(Deleting(Task("t2")));

  const auto summary = desk_.notebook->Summary();
  EXPECT_EQ(summary.contexts, 1U);
  EXPECT_GT(summary.bytes, 0U);
  EXPECT_EQ(summary.pending, 3U);
  EXPECT_EQ(summary.oldest_pending, desk_.clock.WallMillis());
}

TEST_F(WriteTest, CommitHookTellsLocalWritesOnly) {
  std::vector<bool> heard;
  desk_.notebook->OnCommit([&heard](const CommitNote& note) { heard.push_back(note.local); });

  desk_.Update(Task("t1"), {{"a", 1}});
  desk_.Update(Task("t1"), {{"a", 1}});

  EXPECT_EQ(heard, std::vector<bool>{true});
}

}  // namespace
}  // namespace contextsync::test::write_test

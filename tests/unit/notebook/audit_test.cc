#include "core/notebook/keys.h"
#include "core/notebook/list_facts.h"
#include "core/notebook/records.h"
#include "core/notebook/tables.h"
#include "tests/unit/notebook/fixture.h"

namespace contextsync::test::audit_test {
namespace {

class AuditTest : public ::testing::Test {
 protected:
  AuditTest() {
    desk_.Update(Task("t1"), {{"a", 1}});
    desk_.Update(Task("t2"), {{"list", {"x", "y"}}});
    desk_.Update(Task("t1"), {{"a", 2}});
    desk_.Write(Deleting(Task("t2")));
  }

  std::vector<std::string> Problems() {
    auto problems = desk_.notebook->Audit();
    EXPECT_TRUE(problems.ok()) << problems.error().message();
    return problems.ok() ? std::move(problems).value() : std::vector<std::string>{};
  }

  void ExpectProblem(const std::string& words) {
    const auto problems = Problems();
    ASSERT_FALSE(problems.empty());
    EXPECT_NE(problems.front().find(words), std::string::npos) << problems.front();
  }

  /// Behind the notebook's back.
  void Delete(TableId table, std::string key) {
    TableBatch batch;
    batch.Delete(table, std::move(key));
    ASSERT_TRUE(desk_.store.Write(batch, Durability::kSynced).ok());
  }

  Desk desk_;
};

TEST_F(AuditTest, SoundNotebookHasNoProblems) {
  const auto problems = Problems();

  EXPECT_TRUE(problems.empty()) << problems.front();
}

TEST_F(AuditTest, NoticesAContextWithoutCells) {
  Delete(tables::kDocuments, keys::Cells(0, Task("t1")));

  ExpectProblem("task t1");
}

TEST_F(AuditTest, NoticesAMissingContext) {
  Delete(tables::kDocuments, keys::Header(0, Task("t1")));

  ExpectProblem("contexts: 1 counted, 0 there");
}

TEST_F(AuditTest, NoticesAListThatLacksAContext) {
  std::string row;
  ASSERT_TRUE(desk_.store
                  .Scan(tables::kUpdated, {},
                        [&row](std::string_view key, std::string_view) {
                          row = std::string(key);
                          return false;
                        })
                  .ok());
  Delete(tables::kUpdated, row);

  ExpectProblem("the lists: 0 rows, not the 1");
}

TEST_F(AuditTest, NoticesAListThatSaysAnotherAgentWroteLast) {
  TableBatch wrong;
  TableBatch of_earlier_build;
  ASSERT_TRUE(desk_.store
                  .Scan(tables::kUpdated, {},
                        [&](std::string_view key, std::string_view) {
                          DocumentHeader header;
                          header.updated_by = "somebody else";
                          wrong.Put(tables::kUpdated, std::string(key), EncodeListFacts(header));
                          of_earlier_build.Put(tables::kUpdated, std::string(key), {});
                          return true;
                        })
                  .ok());
  ASSERT_TRUE(desk_.store.Write(of_earlier_build, Durability::kSynced).ok());
  EXPECT_TRUE(Problems().empty());

  ASSERT_TRUE(desk_.store.Write(wrong, Durability::kSynced).ok());
  ExpectProblem("the lists: 1 rows do not say");
}

TEST_F(AuditTest, NoticesAHoleInTheJournal) {
  Delete(tables::kJournal, keys::Entry(EntryNumber(2)));

  ExpectProblem("the journal lacks entry 2");
}

TEST_F(AuditTest, NoticesAnEntryThatIsNotInItsCells) {
  const auto key = keys::Cells(0, Task("t1"));
  const auto old_cells = desk_.store.Get(tables::kDocuments, key).value();
  desk_.Update(Task("t1"), {{"b", 3}});
  TableBatch batch;
  batch.Put(tables::kDocuments, key, *old_cells);
  ASSERT_TRUE(desk_.store.Write(batch, Durability::kSynced).ok());

  bool is_told = false;
  for (const auto& problem : Problems())
    is_told = is_told || problem == "entry 5 is not in the cells of task t1";
  EXPECT_TRUE(is_told);
}

TEST_F(AuditTest, ACopyHasItsOwnDeviceAndSaysWhatItIs) {
  const DeviceId before = desk_.notebook->Position().device;

  ASSERT_TRUE(desk_.notebook->BecomeCopy("Restored.").ok());

  EXPECT_NE(desk_.notebook->Position().device, before);
  EXPECT_EQ(desk_.notebook->Position().former, std::vector{before});
  desk_.Open();
  EXPECT_EQ(desk_.notebook->Summary().recovery->message, "Restored.");
  EXPECT_TRUE(Problems().empty());
  EXPECT_EQ(desk_.notebook->Position().unsent, 4U);
}

}  // namespace
}  // namespace contextsync::test::audit_test

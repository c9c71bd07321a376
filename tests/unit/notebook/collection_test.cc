// What the hub collects leaves a notebook too, and nothing that people see changes.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/notebook/past.h"
#include "tests/unit/notebook/tiny_hub.h"

namespace contextsync::test::collection_test {
namespace {

/// What there is to drop of `key` in the list /list of `ref`.
std::vector<Drop> DropsOf(const TinyHub& hub, const ContextRef& ref, const std::string& key) {
  const Element& element = hub.states().at(ref).cells.at("d/list").elems.at(key);
  std::vector<Drop> drops;
  for (const auto& [component, stamp] :
       {std::pair{Component::kFirst, element.first}, std::pair{Component::kLast, element.last},
        std::pair{Component::kRm, element.rm}}) {
    if (!stamp.IsNever()) drops.push_back({"d/list", component, key, stamp});
  }
  return drops;
}

ContextWrite Removing(const ContextRef& ref, const std::string& pointer, Json value) {
  ContextWrite write;
  write.context = ref;
  write.update.remove = {{pointer, {std::move(value)}}};
  return write;
}

class CollectionTest : public ::testing::Test {
 protected:
  /// "x" was added and removed again, and everybody has seen it.
  CollectionTest() {
    SyncAll(*a.notebook, hub);
    SyncAll(*b.notebook, hub);
    a.Update(kRef, {{"list", {"x", "y"}}});
    a.Write(Removing(kRef, "/list", "x"));
    SyncAll(*a.notebook, hub);
    SyncAll(*b.notebook, hub);
  }

  void ExpectEqual() {
    EXPECT_EQ(a.notebook->Fingerprint().value().state_hash,
              b.notebook->Fingerprint().value().state_hash);
    EXPECT_EQ(a.notebook->Fingerprint().value().cursor, b.notebook->Fingerprint().value().cursor);
  }

  TinyHub hub;
  Desk a{true, 1};
  Desk b{true, 2};
};

TEST_F(CollectionTest, DropsExactlyAndChangesNothingThatPeopleSee) {
  const auto before = b.notebook->Fingerprint().value().state_hash;
  const auto info = b.notebook->Read(kRef).value().found->info;
  const auto position = b.notebook->Latest();

  hub.Collect(kRef, DropsOf(hub, kRef, "\"x\"#0"));
  SyncAll(*a.notebook, hub);
  SyncAll(*b.notebook, hub);

  ExpectEqual();
  EXPECT_NE(b.notebook->Fingerprint().value().state_hash, before);
  EXPECT_EQ(b.Data(kRef), Json({{"list", {"y"}}}));
  const auto after = b.notebook->Read(kRef).value().found->info;
  EXPECT_EQ(after.version, info.version);
  EXPECT_EQ(after.updated_at, info.updated_at);
  EXPECT_EQ(HistoryOf(b, kRef).versions.size(), 2U);
  ChangesQuery since;
  since.since = position;
  EXPECT_TRUE(b.notebook->Changes(since).value().changes.empty());
  EXPECT_EQ(DataAt(b, kRef, 1), Json({{"list", {"x", "y"}}}));
}

TEST_F(CollectionTest, LeavesAPendingAdditionOfTheSameElementAlone) {
  a.Update(kRef, {{"list", {"x"}}});  // not sent yet

  hub.Collect(kRef, DropsOf(hub, kRef, "\"x\"#0"));
  SyncAll(*b.notebook, hub);
  const auto page = hub.Changes(a.notebook->Position().cursor);
  ASSERT_EQ(a.notebook->ApplyPage(page).value().applied, 1U);
  EXPECT_EQ(a.Data(kRef), Json({{"list", {"y", "x"}}}));
  SyncAll(*a.notebook, hub);
  SyncAll(*b.notebook, hub);

  ExpectEqual();
  EXPECT_EQ(b.Data(kRef), Json({{"list", {"y", "x"}}}));
}

TEST_F(CollectionTest, OfARebuiltContextIsNotAppliedTwice) {
  hub.Collect(kRef, DropsOf(hub, kRef, "\"x\"#0"));
  b.Update(kRef, {{"list", {"x"}}});
  const auto sent = b.notebook->NextPush(16, 1 << 20).value();
  ASSERT_TRUE(b.notebook->NoteResults(hub.Push(b.notebook->Position(), sent)).ok());
  ASSERT_TRUE(b.notebook->InstallContext(hub.SnapshotOf(kRef)).ok());

  SyncAll(*b.notebook, hub);
  SyncAll(*a.notebook, hub);

  ExpectEqual();
  EXPECT_EQ(a.Data(kRef), Json({{"list", {"y", "x"}}}));
}

}  // namespace
}  // namespace contextsync::test::collection_test

// Rows read back as written, damaged ones are refused, workspaces stay apart.

#include <gtest/gtest.h>

#include "core/hub/hub_records.h"
#include "core/hub/writer_table.h"
#include "tests/unit/hub/hub_fixture.h"

namespace contextsync::hub_store_test {
namespace {

ConflictRecord SampleRecord() {
  ConflictRecord record;
  record.id = "c-0123456789abcdef";
  record.rev = HubSequence(9);
  record.seq = HubSequence(8);
  record.context = kTask;
  record.path = "/x";
  record.kind = ConflictKind::kDeleteUpdate;
  record.current.value = R"({"k":1})";
  record.current.stamp = {Hlc{5}, DeviceId(6), 7};
  record.current.agent = "a";
  record.current.device = DeviceId(6);
  record.current.n = EntryNumber(3);
  record.current.id = EntryId("id-1");
  record.current.seq = HubSequence(8);
  record.current.at = 1'700'000'000'000;
  record.strategy = Strategy::kManual;
  record.status = ConflictStatus::kResolved;
  record.resolution = ConflictResolution{"incoming", "b", HubSequence(9)};
  Delta left_out;
  left_out.cells["d/x"].head = Head{{Hlc{4}, DeviceId(7), 0}, CellKind::kAtom, "2"};
  record.left_out = LeftOut(std::move(left_out));
  return record;
}

StoredItem SampleItem() {
  StoredItem stored;
  FeedItem& item = stored.item;
  item.seq = HubSequence(8);
  item.kind = "delta";
  item.context = kTask;
  item.change_type = "update";
  item.changed_by = "a";
  item.author = "alice";
  item.source = "tool";
  item.reason = "why";
  item.timestamp = 1'700'000'000'000;
  item.device = DeviceId(6);
  item.n = EntryNumber(3);
  item.id = EntryId("id-1");
  item.hash = "h";
  item.tx = TxPart{"t", 1, 2};
  item.rev = HubSequence(8);
  item.delta.cells["d"].head = Head{{Hlc{5}, DeviceId(6), 0}, CellKind::kObj, ""};
  item.conflicts = {SampleRecord()};
  stored.check = FeedCheck("c");
  return stored;
}

StoredItem SampleCollection() {
  StoredItem stored = SampleItem();
  FeedItem& item = stored.item;
  item.kind = item.change_type = kCollection;
  item.delta = {};
  const Stamp stamp = {Hlc{5}, DeviceId(6), 0};
  item.drops = {{"d/old", Component::kHead, "", stamp}, {"d/l", Component::kRm, "\"a\"#0", stamp}};
  item.forgotten = {"c-1", "c-2"};
  return stored;
}

HubContext SampleContext() {
  HubContext context;
  context.ref = kTask;
  context.state = SampleItem().item.delta;
  context.writers["d"].head = {HubSequence(8), DeviceId(6)};
  context.writers["d/l"].clr = {HubSequence(7), DeviceId(5)};
  context.writers["d/l"].elems["\"a\"#0"] = {{HubSequence(7), DeviceId(5)},
                                             {HubSequence(8), DeviceId(6)}};
  context.last = {HubSequence(8), DeviceId(6)};
  context.last_of_other = HubSequence(7);
  context.updated_at = 5;
  context.updated_by = "a";
  return context;
}

/// Every proper prefix, and one byte more, is damage; so is a format of the future, but it says so.
template <typename Row>
void ExpectStrict(const std::string& bytes, Result<Row> (*decode)(std::string_view)) {
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Result<Row> row = decode(std::string_view(bytes).substr(0, size));
    ASSERT_FALSE(row.ok()) << size;
    EXPECT_EQ(row.error().code(), ErrorCode::kCorruption) << size;
  }
  EXPECT_FALSE(decode(bytes + "x").ok());
  std::string newer = bytes;
  newer[0] = 2;
  EXPECT_EQ(decode(newer).error().code(), ErrorCode::kUnavailable);
}

TEST(HubRecordsTest, HeadReadsBack) {
  const WorkspaceHead head = {Epoch("e"),     DeviceId(1),    Hlc{2},
                              HubSequence(3), FeedCheck("c"), HubSequence(1),
                              Hlc{9},         Epoch("p"),     HubSequence(2)};
  EXPECT_EQ(DecodeHead(EncodeHead(head)).value(), head);
  ExpectStrict(EncodeHead(head), &DecodeHead);
}

TEST(HubRecordsTest, DeviceReadsBack) {
  const HubDevice device = {DeviceId(1),    "alice", EntryNumber(3), EntryNumber(2), HubSequence(5),
                            HubSequence(4), 77};
  EXPECT_EQ(DecodeDevice(EncodeDevice(device)).value(), device);
  ExpectStrict(EncodeDevice(device), &DecodeDevice);
}

TEST(HubRecordsTest, ResultReadsBack) {
  StoredResult stored;
  stored.device = DeviceId(1);
  stored.id = EntryId("i");
  stored.result.n = EntryNumber(2);
  stored.result.status = PushStatus::kConflict;
  stored.result.seq = HubSequence(3);
  stored.result.rev = HubSequence(3);
  stored.result.check = FeedCheck("c");
  stored.result.hash = "h";
  stored.result.conflicts = {"c-1", "c-2"};
  stored.result.code = "code";
  stored.result.message = "message";

  const StoredResult read = DecodeResult(EncodeResult(stored)).value();

  EXPECT_EQ(read.id, stored.id);
  EXPECT_EQ(read.result.status, stored.result.status);
  EXPECT_EQ(read.result.conflicts, stored.result.conflicts);
  EXPECT_EQ(EncodeResult(read), EncodeResult(stored));
  ExpectStrict(EncodeResult(stored), &DecodeResult);
}

TEST(HubRecordsTest, ItemReadsBack) {
  const StoredItem item = SampleItem();

  const StoredItem read = DecodeItem(EncodeItem(item)).value();

  EXPECT_EQ(read.item.delta, item.item.delta);
  EXPECT_EQ(read.item.conflicts, item.item.conflicts);
  EXPECT_EQ(read.item.tx, item.item.tx);
  EXPECT_EQ(EncodeItem(read), EncodeItem(item));
  ExpectStrict(EncodeItem(item), &DecodeItem);
}

TEST(HubRecordsTest, CollectionReadsBack) {
  const StoredItem item = SampleCollection();

  const StoredItem read = DecodeItem(EncodeItem(item)).value();

  EXPECT_EQ(read.item.drops, item.item.drops);
  ExpectStrict(EncodeItem(item), &DecodeItem);
}

TEST(HubRecordsTest, ContextReadsBack) {
  const HubContext context = SampleContext();

  const HubContext read = DecodeContext(EncodeContext(context)).value();

  EXPECT_EQ(read.writers, context.writers);
  EXPECT_EQ(read.last_of_other, context.last_of_other);
  EXPECT_EQ(EncodeContext(read), EncodeContext(context));
  ExpectStrict(EncodeContext(context), &DecodeContext);
}

TEST(HubRecordsTest, ConflictReadsBack) {
  EXPECT_EQ(DecodeConflict(EncodeConflict(SampleRecord())).value(), SampleRecord());
  ExpectStrict(EncodeConflict(SampleRecord()), &DecodeConflict);
}

TEST(HubStoreTest, WorkspaceThatBeginsLikeAnotherIsNotPartOfIt) {
  MemoryTableStore tables(TableHubStore::TableNames().size());
  TableHubStore store(tables);
  for (const char* name : {"a", "ab", "b"}) {
    HubCommit commit;
    commit.head.epoch = Epoch(name);
    commit.items = {SampleItem()};
    commit.contexts = {SampleContext()};
    ASSERT_TRUE(store.Commit(WorkspaceId(name), commit).ok());
  }

  EXPECT_EQ(store.Workspaces().value().size(), 3U);
  EXPECT_EQ(store.ReadFeed(WorkspaceId("a"), {}, {}).value().items.size(), 1U);
  EXPECT_EQ(store.ReadContexts(WorkspaceId("a"), {}, {}).value().contexts.size(), 1U);
  EXPECT_EQ(store.ReadHead(WorkspaceId("ab")).value()->epoch, Epoch("ab"));
}

TEST(HubStoreTest, ClosedRecordLeavesTheLiveOnes) {
  MemoryTableStore tables(TableHubStore::TableNames().size());
  TableHubStore store(tables);
  HubCommit commit;
  commit.conflicts = {SampleRecord()};
  commit.conflicts[0].status = ConflictStatus::kOpen;
  ASSERT_TRUE(store.Commit(kWorkspace, commit).ok());
  EXPECT_EQ(store.ReadConflicts(kWorkspace, {.context = kTask}).value().size(), 1U);

  commit.conflicts = {SampleRecord()};
  ASSERT_TRUE(store.Commit(kWorkspace, commit).ok());

  EXPECT_TRUE(store.ReadConflicts(kWorkspace, {.context = kTask}).value().empty());
  EXPECT_EQ(store.ReadConflicts(kWorkspace, {.context = {}, .with_resolved = true}).value().size(),
            1U);
}

TEST(HubStoreTest, DamagedFeedIsAnErrorNotAShorterPage) {
  MemoryTableStore tables(TableHubStore::TableNames().size());
  TableHubStore store(tables);
  HubCommit commit;
  commit.items = {SampleItem(), SampleItem()};
  commit.items[1].item.seq = HubSequence(9);
  ASSERT_TRUE(store.Commit(kWorkspace, commit).ok());
  constexpr TableId kFeedTable = 3;
  std::string last_key;
  ASSERT_TRUE(tables
                  .Scan(kFeedTable, {},
                        [&](std::string_view key, std::string_view) {
                          last_key = key;
                          return true;
                        })
                  .ok());
  TableBatch batch;
  batch.Put(kFeedTable, last_key, "\x01garbage");
  ASSERT_TRUE(tables.Write(batch, Durability::kSynced).ok());

  EXPECT_EQ(store.ReadFeed(kWorkspace, {}, {}).error().code(), ErrorCode::kCorruption);
}

}  // namespace
}  // namespace contextsync::hub_store_test

// Stored records: read back whole, and never misread when damaged or newer.

#include "core/notebook/records.h"

#include <gtest/gtest.h>

#include "core/notebook/keys.h"
#include "core/notebook/repair.h"
#include "tests/unit/notebook/fixture.h"

namespace contextsync::test::records_test {
namespace {

ConflictRecord FullRecord() {
  ConflictRecord record;
  record.id = "c-0123456789abcdef";
  record.rev = HubSequence(9);
  record.context = Task("t1");
  record.path = "/x";
  record.current.value = "1";
  record.incoming.id = EntryId("01890000-0000-7000-8000-000000000002");
  record.strategy = Strategy::kManual;
  record.status = ConflictStatus::kOpen;
  Delta left_out;
  left_out.cells["d/x"].head = Head{{Hlc{4}, DeviceId(7), 0}, CellKind::kAtom, "2"};
  record.left_out = LeftOut(std::move(left_out));
  return record;
}

JournalEntry FullEntry() {
  JournalEntry entry;
  entry.push.n = EntryNumber(7);
  entry.push.id = EntryId("01890000-0000-7000-8000-000000000001");
  entry.push.tx = TxPart{"tx", 1, 3};
  entry.push.context = Task("t1");
  entry.push.over = EntryId("01890000-0000-7000-8000-000000000000");
  entry.push.on_conflict = Strategy::kManual;
  entry.push.fail = true;
  entry.push.reissue = HubSequence(7);
  entry.push.conflict = "c-1";
  entry.push.choose = "value";
  entry.push.records = {FullRecord()};
  entry.push.reason = "because";
  entry.delta_bytes = std::string("\0binary\xff", 8);
  entry.keys = {"a", "b"};
  entry.outcome = EntryOutcome{HubSequence(9), "hash", {"c-1"}, true};
  return entry;
}

TEST(RecordsTest, ReadBackWhatWasWritten) {
  const JournalEntry entry = FullEntry();

  const auto read = Decode<JournalEntry>(Encode(entry));

  ASSERT_TRUE(read.ok());
  EXPECT_EQ(Encode(read.value()), Encode(entry));
  EXPECT_EQ(read.value().push.tx, entry.push.tx);
  EXPECT_EQ(read.value().push.over, entry.push.over);
  EXPECT_EQ(read.value().delta_bytes, entry.delta_bytes);
  EXPECT_EQ(read.value().push.reissue, HubSequence(7));
  EXPECT_EQ(read.value().push.choose, "value");
  EXPECT_EQ(read.value().push.records, entry.push.records);
  EXPECT_EQ(read.value().outcome, entry.outcome);
}

TEST(RecordsTest, ConflictRecordsKeepWhatWasLeftOut) {
  const ConflictRecord record = FullRecord();

  EXPECT_EQ(Decode<ConflictRecord>(Encode(record)).value(), record);

  ConflictRecord bare = record;
  bare.left_out = LeftOut();
  EXPECT_NE(bare, record);
  EXPECT_EQ(Decode<ConflictRecord>(Encode(bare)).value(), bare);
}

TEST(RecordsTest, EveryTruncationIsCorruption) {
  const std::string bytes = Encode(FullEntry());

  for (std::size_t size = 1; size < bytes.size(); ++size) {
    const auto read = Decode<JournalEntry>(bytes.substr(0, size));
    ASSERT_FALSE(read.ok()) << size;
    EXPECT_EQ(read.error().code(), ErrorCode::kCorruption) << size;
  }
  EXPECT_FALSE(Decode<JournalEntry>(bytes + "x").ok());
}

TEST(RecordsTest, ANewerFormatIsRefusedAsSuch) {
  std::string bytes = Encode(FullEntry());
  bytes[0] = 2;

  const auto read = Decode<JournalEntry>(bytes);

  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code(), ErrorCode::kInvalidArgument);
}

TEST(RecordsTest, DamagedBytesNeverCrash) {
  const std::string bytes = Encode(FullEntry());

  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const char flipped : {'\0', '\x7f', '\xff'}) {
      std::string damaged = bytes;
      damaged[at] = flipped;
      const auto read = Decode<JournalEntry>(damaged);
      if (read.ok()) static_cast<void>(read.value().DecodeDelta());
    }
  }
}

TEST(KeysTest, NoContextIsAPrefixOfAnother) {
  const auto shorter = keys::EntriesOf(Task("a"));
  const auto longer = keys::EntryOf(Task("ab"), EntryNumber(1));

  EXPECT_FALSE(longer.starts_with(shorter));
}

TEST(KeysTest, NamesComeBackOutOfKeys) {
  const auto odd = Branch(std::string("feature/\x01\xff jwt"));

  EXPECT_EQ(keys::ParseHeader(keys::Header(1, odd)), odd);
  EXPECT_EQ(keys::ParseChild(keys::Child(0, odd, Task("t"))), Task("t"));
  EXPECT_EQ(keys::ParseRebuildMark(keys::RebuildMark(odd)), odd);
  EXPECT_EQ(keys::UpdatedId(keys::Updated(0, Level::kTask, 12, "id")), "id");
  EXPECT_FALSE(keys::ParseHeader("x"));
}

TEST(RepairTest, PartsAreBoundedAndJoinToTheWhole) {
  Delta whole;
  const Stamp stamp{Hlc{5}, DeviceId(6), 1};
  for (int list = 0; list < 3; ++list) {
    Cell cell;
    cell.head = Head{stamp, CellKind::kList, {}};
    for (int i = 0; i < 300; ++i)
      cell.elems[std::to_string(i)] =
          Element{stamp, stamp, {}, '"' + std::string(3'000, 'x') + '"'};
    whole.cells["d/list" + std::to_string(list)] = cell;
  }

  const auto parts = SplitRepair(whole);

  EXPECT_GE(parts.size(), 3U);
  Delta together;
  std::size_t elements = 0;
  for (const auto& part : parts) {
    for (const auto& [path, cell] : part.cells) {
      elements += cell.elems.size();
      together.cells[path].elems.insert(cell.elems.begin(), cell.elems.end());
      if (cell.head) together.cells[path].head = cell.head;
    }
  }
  EXPECT_EQ(elements, 900U);
  EXPECT_EQ(together, whole);
}

}  // namespace
}  // namespace contextsync::test::records_test

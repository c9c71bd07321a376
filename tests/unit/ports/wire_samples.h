// Messages with every member set to something recognisable.

#pragma once

#include <string>

#include "core/document/cell.h"
#include "core/ports/hub_messages.h"

namespace contextsync::wire_samples {

inline const Epoch kEpoch("0123456789abcdef0123456789abcdef");
inline const FeedCheck kCheck("00000000000000c5");
inline const std::string kHash(64, 'a');
inline constexpr UnixMillis kNoon = 1'795'348'800'123;  // 2026-11-22T12:00:00.123Z

inline Delta SampleDelta() {
  const Stamp stamp{Hlc{0x1234}, DeviceId(0xd1), 0};
  Delta delta;
  delta.cells["d"].head = Head{stamp, CellKind::kObj, ""};
  delta.cells["d/status"].head = Head{Stamp{stamp.hlc, stamp.device, 1}, CellKind::kAtom, "1"};
  return delta;
}

inline ConflictSide SampleSide(std::optional<std::string> value) {
  return {.value = std::move(value),
          .stamp = Stamp{Hlc{0x77}, DeviceId(0xd2), 3},
          .agent = "agent-b",
          .device = DeviceId(0xd2),
          .n = EntryNumber(12),
          .id = EntryId("0192f0c1-0000-7000-8000-0000000000aa"),
          .seq = HubSequence(9040),
          .at = kNoon};
}

inline ConflictRecord SampleRecord() {
  ConflictRecord record;
  record.id = "c-0123456789abcdef";
  record.rev = HubSequence(9043);
  record.seq = HubSequence(9041);
  record.context = {Level::kTask, "t1"};
  record.path = "/status";
  record.kind = ConflictKind::kType;
  record.current = SampleSide(R"({"a":[1,null]})");
  record.incoming = SampleSide(std::nullopt);
  record.strategy = Strategy::kManual;
  record.status = ConflictStatus::kResolved;
  record.resolution = ConflictResolution{"incoming", "agent-a", HubSequence(9050)};
  record.left_out = LeftOut(SampleDelta());
  return record;
}

inline FeedItem SampleItem() {
  FeedItem item;
  item.seq = HubSequence(812);
  item.kind = "delta";
  item.context = {Level::kTask, "t1"};
  item.change_type = "update";
  item.changed_by = "agent-7";
  item.author = "alice";
  item.source = "tool";
  item.reason = "because";
  item.timestamp = kNoon;
  item.device = DeviceId(0xd1);
  item.n = EntryNumber(57);
  item.id = EntryId("0192f0c1-0000-7000-8000-000000000001");
  item.hash = kHash;
  item.tx = TxPart{"tx-1", 1, 3};
  item.rev = HubSequence(812);
  item.delta = SampleDelta();
  item.conflicts = {SampleRecord()};
  return item;
}

inline PushEntry SampleEntry() {
  PushEntry entry;
  entry.n = EntryNumber(57);
  entry.id = EntryId("0192f0c1-0000-7000-8000-000000000001");
  entry.tx = TxPart{"tx-1", 0, 2};
  entry.context = {Level::kBranch, "main"};
  entry.base = HubSequence(811);
  entry.over = EntryId("0192f0c1-0000-7000-8000-000000000000");
  entry.hlc = Hlc{0x1234};
  entry.agent = "agent-a";
  entry.source = "tool";
  entry.reason = "because";
  entry.on_conflict = Strategy::kVersion;
  entry.fail = true;
  entry.reissue = HubSequence(820);
  entry.delta = SampleDelta();
  entry.hash = kHash;
  return entry;
}

inline HistoryClaim SampleClaim() {
  return {kEpoch, HubSequence(810), kCheck, HubSequence(800), kCheck};
}

inline HelloRequest SampleHelloRequest() {
  HelloRequest hello;
  hello.build = "0.1.0";
  hello.device = DeviceId(0xd1);
  hello.former = {DeviceId(0xd0), DeviceId(0xcf)};
  hello.next_n = EntryNumber(58);
  hello.acked_n = EntryNumber(50);
  hello.low_base = HubSequence(700);
  hello.cursor = HubSequence(800);
  hello.claim = SampleClaim();
  hello.agent = "agent-a";
  return hello;
}

inline HelloResponse SampleHelloResponse() {
  HelloResponse hello;
  hello.verdict = HelloVerdict::kEpochChanged;
  hello.epoch = kEpoch;
  hello.head = HubSequence(812);
  hello.check = kCheck;
  hello.fork_seq = HubSequence(400);
  hello.gc_floor = HubSequence(7);
  hello.last_n = EntryNumber(56);
  hello.hub_device = DeviceId(0xfeed);
  hello.role = "write";
  hello.server_time = kNoon;
  hello.heartbeat = std::chrono::milliseconds(2500);
  hello.limits.batch_entries = 17;
  return hello;
}

inline PushRequest SamplePush() {
  return {.device = DeviceId(0xd1),
          .former = {DeviceId(0xd0)},
          .acked_n = EntryNumber(56),
          .low_base = HubSequence(811),
          .cursor = HubSequence(812),
          .claim = SampleClaim(),
          .entries = {SampleEntry()}};
}

inline PushResult SampleResult(PushStatus status) {
  return {.n = EntryNumber(57),
          .status = status,
          .seq = HubSequence(813),
          .rev = HubSequence(813),
          .check = kCheck,
          .hash = kHash,
          .conflicts = {"c-0123456789abcdef"},
          .code = "VERSION_MISMATCH",
          .message = "expected 3"};
}

/// A result with nothing optional in it.
inline PushResult BareResult(PushStatus status) {
  PushResult result;
  result.n = EntryNumber(58);
  result.status = status;
  return result;
}

inline SnapshotPage SampleSnapshot() {
  SnapshotPage page;
  page.start = HubSequence(900);
  page.check = kCheck;
  page.contexts = {
      {.context = {Level::kProject, "github.com/acme/app"},
       .state = SampleDelta(),
       .rev = HubSequence(880),
       .asof = HubSequence(901),
       .state_hash = kHash,
       .updated_at = kNoon,
       .updated_by = "agent-7",
       .purges = {Purge{"/key", HubSequence(14), {HubSequence(12)}, {{Hlc{0x77}, DeviceId{5}}}}}}};
  page.conflicts = {SampleRecord()};
  page.next = "key-17";
  page.hlc = Hlc{0x99};
  page.head = HubSequence(902);
  page.epoch = kEpoch;
  page.server_time = kNoon;
  return page;
}

}  // namespace contextsync::wire_samples

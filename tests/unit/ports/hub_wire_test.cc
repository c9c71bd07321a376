#include "core/ports/hub_wire.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/ports/hub_names.h"
#include "tests/unit/ports/wire_samples.h"

namespace contextsync::hub_wire_test {
namespace {

using namespace wire_samples;  // NOLINT(google-build-using-namespace): the samples are the subject

/// What the other end holds after `json` went over the wire as text.
Json Travelled(const Json& json) {
  const auto parsed = ParseMessage(CompactText(json), {.depth = limits::kMessageDepth});
  EXPECT_TRUE(parsed.ok());
  return *parsed.value().value;
}

std::vector<std::string> Members(const Json& json) {
  std::vector<std::string> names;
  for (const auto& [name, value] : json.items())
    names.push_back(name);
  return names;
}

/// Writes, sends, reads and writes again: equal bytes mean that nothing was lost.
template <typename T>
void ExpectRoundTrip(const T& message, Result<T> (*read)(const Json&)) {
  const Json sent = ToJson(message);
  const Result<T> received = read(Travelled(sent));
  ASSERT_TRUE(received.ok()) << received.error().message();
  EXPECT_EQ(CanonicalBytes(ToJson(received.value())), CanonicalBytes(sent));
}

TEST(HubWireTest, HelloRequestSurvivesTheWire) {
  ExpectRoundTrip(SampleHelloRequest(), &HelloRequestFromJson);
  const auto hello = HelloRequestFromJson(ToJson(SampleHelloRequest())).value();
  EXPECT_EQ(hello.former, SampleHelloRequest().former);
  EXPECT_EQ(hello.claim, SampleClaim());
}

TEST(HubWireTest, HelloRequestHasTheDocumentedMembers) {
  const Json json = ToJson(SampleHelloRequest());
  EXPECT_EQ(Members(json), (std::vector<std::string>{"acked_n", "agent", "at", "at_check", "build",
                                                     "check", "cursor", "device", "epoch", "former",
                                                     "known", "low_base", "next_n", "protocol"}));
  EXPECT_EQ(json["protocol"], (Json{{"min", 1}, {"max", 1}}));
  EXPECT_EQ(json["device"], "00000000000000d1");
  EXPECT_EQ(json["next_n"], 58);
}

TEST(HubWireTest, ANotebookThatNeverSyncedClaimsNothing) {
  HelloRequest hello = SampleHelloRequest();
  hello.claim = {};
  const Json json = ToJson(hello);
  EXPECT_TRUE(json["epoch"].is_null());
  EXPECT_EQ(HelloRequestFromJson(json).value().claim, HistoryClaim{});
}

TEST(HubWireTest, HelloWithoutACommonVersionAsksForAnUpgrade) {
  Json json = ToJson(SampleHelloRequest());
  json["protocol"] = Json{{"min", 2}, {"max", 3}};
  EXPECT_EQ(HelloRequestFromJson(json).error().code(), ErrorCode::kUnavailable);

  json["protocol"] = Json{{"min", 1}, {"max", 3}};
  EXPECT_TRUE(HelloRequestFromJson(json).ok());

  Json answer = ToJson(SampleHelloResponse());
  answer["protocol"] = 2;
  EXPECT_EQ(HelloResponseFromJson(answer).error().code(), ErrorCode::kUnavailable);
}

TEST(HubWireTest, HelloResponseSurvivesTheWire) {
  ExpectRoundTrip(SampleHelloResponse(), &HelloResponseFromJson);
  const Json json = ToJson(SampleHelloResponse());
  EXPECT_EQ(json["verdict"], "epoch_changed");
  EXPECT_EQ(json["heartbeat_ms"], 2500);
  EXPECT_EQ(json["limits"]["entry_bytes"], 7340032);
  EXPECT_EQ(HelloResponseFromJson(json).value().limits.batch_entries, 17U);
}

TEST(HubWireTest, PushSurvivesTheWire) {
  ExpectRoundTrip(SamplePush(), &PushRequestFromJson);
  const auto push = PushRequestFromJson(Travelled(ToJson(SamplePush()))).value();
  ASSERT_EQ(push.entries.size(), 1U);
  const PushEntry& entry = push.entries[0];
  EXPECT_EQ(entry.tx, SampleEntry().tx);
  EXPECT_EQ(entry.over, SampleEntry().over);
  EXPECT_EQ(entry.on_conflict, Strategy::kVersion);
  EXPECT_TRUE(entry.fail);
  EXPECT_EQ(entry.reissue, HubSequence(820));
  EXPECT_EQ(entry.delta, SampleDelta());
}

TEST(HubWireTest, ASkipIsOnlyItsNumberAndId) {
  PushEntry skip;
  skip.n = EntryNumber(9);
  skip.id = SampleEntry().id;
  skip.op = EntryOp::kSkip;
  skip.hash = EntryHash(skip);
  PushRequest push = SamplePush();
  push.entries = {skip};

  const Json json = ToJson(push);

  EXPECT_EQ(Members(json["entries"][0]), (std::vector<std::string>{"hash", "id", "n", "op"}));
  EXPECT_EQ(PushRequestFromJson(json).value().entries[0].op, EntryOp::kSkip);
}

TEST(HubWireTest, PushResponseSurvivesTheWireForEveryStatus) {
  for (const PushStatus status :
       {PushStatus::kAccepted, PushStatus::kMerged, PushStatus::kConflict, PushStatus::kDuplicate,
        PushStatus::kRejected, PushStatus::kClockSkew, PushStatus::kGap, PushStatus::kRetry}) {
    PushResponse response;
    response.results = {SampleResult(status), BareResult(status)};
    response.last_n = EntryNumber(57);
    response.head = HubSequence(813);
    response.epoch = kEpoch;
    response.server_time = kNoon;
    ExpectRoundTrip(response, &PushResponseFromJson);
    EXPECT_EQ(PushResponseFromJson(ToJson(response)).value().results[1].status, status);
  }
}

TEST(HubWireTest, ChangesSurviveTheWire) {
  ChangesPage page;
  page.changes = {SampleItem(), SampleItem()};
  page.next = HubSequence(812);
  page.check = kCheck;
  page.more = true;
  page.head = HubSequence(900);
  page.epoch = kEpoch;
  page.server_time = kNoon;
  ExpectRoundTrip(page, &ChangesPageFromJson);

  const auto read = ChangesPageFromJson(Travelled(ToJson(page))).value();
  EXPECT_TRUE(read.more);
  EXPECT_EQ(read.changes[1].tx, SampleItem().tx);
  EXPECT_EQ(read.changes[1].conflicts, SampleItem().conflicts);
  EXPECT_EQ(read.changes[1].delta, SampleDelta());
}

TEST(HubWireTest, AFaultInAPageNamesItsPlace) {
  ChangesPage page;
  page.changes = {SampleItem(), SampleItem()};
  page.check = kCheck;
  page.epoch = kEpoch;
  Json json = ToJson(page);
  json["changes"][1]["conflicts"][0]["current"]["seq"] = -1;

  const auto read = ChangesPageFromJson(json);

  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code(), ErrorCode::kCorruption) << "the hub's fault, not the line's";
  EXPECT_EQ(read.error().message(),
            "changes[1]: conflicts[0]: current: seq is not a whole number from 0 up");
}

TEST(HubWireTest, SnapshotSurvivesTheWire) {
  ExpectRoundTrip(SampleSnapshot(), &SnapshotPageFromJson);
  SnapshotPage last = SampleSnapshot();
  last.next.clear();
  EXPECT_TRUE(ToJson(last)["next"].is_null());
  EXPECT_EQ(SnapshotPageFromJson(ToJson(last)).value().next, "");
  EXPECT_EQ(SnapshotPageFromJson(ToJson(last)).value().contexts[0].state, SampleDelta());
}

TEST(HubWireTest, ItemTimesAreRfc3339) {
  EXPECT_EQ(ToJson(SampleItem())["timestamp"], "2026-11-22T12:00:00.123Z");
  EXPECT_EQ(FeedItemFromJson(ToJson(SampleItem())).value().timestamp, kNoon);
}

TEST(HubWireTest, AnItemOfUnknownKindStopsTheReader) {
  for (const char* kind : {"merge", "teleport"}) {
    Json json = ToJson(SampleItem());
    json["kind"] = kind;
    EXPECT_EQ(FeedItemFromJson(json).error().code(), ErrorCode::kUnavailable) << kind;
  }
}

FeedItem SampleCollection() {
  FeedItem item = SampleItem();
  item.kind = item.change_type = kCollection;
  item.conflicts.clear();
  item.delta = {};
  const Stamp stamp = {Hlc{0x0123456789abcdef}, DeviceId(7), 3};
  item.drops = {{"d/old", Component::kHead, "", stamp},
                {"m", Component::kClr, "", stamp},
                {"d/list", Component::kFirst, "\"a\"#0", stamp},
                {"d/list", Component::kLast, "\"a\"#0", stamp},
                {"d/list", Component::kRm, "\"a\"#0", stamp}};
  item.forgotten = {"c-0123456789abcdef"};
  return item;
}

TEST(HubWireTest, ACollectionCarriesWhatToDropInsteadOfADelta) {
  const Json json = ToJson(SampleCollection());
  EXPECT_FALSE(json.contains("delta"));
  EXPECT_EQ(json["drop"][0],
            Json::array({"d/old", "head", {"0123456789abcdef", "0000000000000007", 3}}));
  EXPECT_EQ(json["drop"][4].size(), 4U);

  const auto read = FeedItemFromJson(Travelled(json));

  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(read.value().drops, SampleCollection().drops);
  EXPECT_EQ(read.value().forgotten, SampleCollection().forgotten);
  EXPECT_TRUE(read.value().has_delta);
}

TEST(HubWireTest, ACollectionMayComeWithoutItsDrops) {
  FeedItem item = SampleCollection();
  item.has_delta = false;
  const auto read = FeedItemFromJson(ToJson(item));
  ASSERT_TRUE(read.ok());
  EXPECT_FALSE(read.value().has_delta);
}

TEST(HubWireTest, ADropOfAnUnknownComponentOrTreeStopsTheReader) {
  for (const auto& [place, value] : {std::pair{1, "shadow"}, std::pair{0, "x/old"}}) {
    Json json = ToJson(SampleCollection());
    json["drop"][0][static_cast<std::size_t>(place)] = value;
    EXPECT_EQ(FeedItemFromJson(json).error().code(), ErrorCode::kUnavailable) << value;
  }
}

TEST(HubWireTest, AMalformedDropIsRefused) {
  for (const Json& bad : {Json("head"), Json::array({"d", "head"}), Json::array({"d", "rm", 1, 2}),
                          Json::array({"d", "head", "key", {"0", "0", 0}})}) {
    Json json = ToJson(SampleCollection());
    json["drop"][0] = bad;
    EXPECT_EQ(FeedItemFromJson(json).error().code(), ErrorCode::kInvalidArgument) << bad;
  }
}

TEST(HubWireTest, ADeltaOfUnknownVersionStopsTheReader) {
  Json json = ToJson(SampleItem());
  json["delta"]["v"] = 2;
  const auto read = FeedItemFromJson(json);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code(), ErrorCode::kUnavailable);
}

TEST(HubWireTest, AnItemMayComeWithoutItsDelta) {
  FeedItem item = SampleItem();
  item.has_delta = false;
  const Json json = ToJson(item);
  EXPECT_FALSE(json.contains("delta"));
  EXPECT_FALSE(FeedItemFromJson(json).value().has_delta);
}

TEST(HubWireTest, UnknownMembersAreIgnored) {
  Json json = ToJson(SampleItem());
  json["colour"] = "red";
  EXPECT_TRUE(FeedItemFromJson(json).ok());
}

TEST(HubWireTest, ConflictRecordsKeepBothSidesExactly) {
  const ConflictRecord record = SampleRecord();
  EXPECT_EQ(ConflictRecordFromJson(Travelled(ToJson(record))).value(), record);

  const Json json = ToJson(record);
  EXPECT_EQ(json["current"]["value"], (Json{{"a", Json::array({1, nullptr})}}));
  EXPECT_EQ(json["current"]["stamp"], Json::array({"0000000000000077", "00000000000000d2", 3}));
  EXPECT_EQ(json["incoming"]["deleted"], true);
  EXPECT_FALSE(json["incoming"].contains("value"));
}

TEST(HubWireTest, WhatARecordKeepsIsWrittenWithFullStamps) {
  const Json json = ToJson(SampleRecord());

  EXPECT_EQ(json["left_out"]["devices"], Json::array({"00000000000000d1"}));
  EXPECT_EQ(json["left_out"]["cells"]["d/status"]["h"][0], Json::array({"0000000000001234", 0, 1}));
  EXPECT_EQ(ConflictRecordFromJson(json).value().left_out.delta(), SampleDelta());

  ConflictRecord bare = SampleRecord();
  bare.left_out = LeftOut();
  EXPECT_FALSE(ToJson(bare).contains("left_out"));
  EXPECT_TRUE(ConflictRecordFromJson(ToJson(bare)).value().left_out.empty());
}

TEST(HubWireTest, ARepairCarriesItsRecords) {
  PushRequest push = SamplePush();
  push.entries[0].op = EntryOp::kRepair;
  push.entries[0].records = {SampleRecord()};

  const PushRequest read = PushRequestFromJson(Travelled(ToJson(push))).value();

  EXPECT_EQ(read.entries[0].records, push.entries[0].records);
  EXPECT_EQ(EntryHash(read.entries[0]), EntryHash(push.entries[0]));
  EXPECT_NE(EntryHash(read.entries[0]), EntryHash(SampleEntry()));
}

TEST(HubWireTest, AConflictSideIsAValueOrDeletedAndNotBoth) {
  Json both = ToJson(SampleRecord());
  both["current"]["deleted"] = true;
  EXPECT_FALSE(ConflictRecordFromJson(both).ok());

  Json neither = ToJson(SampleRecord());
  neither["current"].erase("value");
  EXPECT_FALSE(ConflictRecordFromJson(neither).ok());
}

TEST(HubWireTest, EveryEventSurvivesTheWire) {
  for (const auto type : {EventFrame::Type::kReady, EventFrame::Type::kHeartbeat,
                          EventFrame::Type::kChanged, EventFrame::Type::kLagged}) {
    EventFrame frame;
    frame.type = type;
    frame.epoch = kEpoch;
    frame.head = HubSequence(812);
    frame.check = kCheck;
    frame.server_time = kNoon;
    frame.prev = HubSequence(811);
    frame.item = SampleItem();
    ExpectRoundTrip(frame, &EventFrameFromJson);
    EXPECT_EQ(EventFrameFromJson(ToJson(frame)).value().type, type);
  }
}

TEST(HubWireTest, AChangeEventIsFlat) {
  EventFrame frame;
  frame.type = EventFrame::Type::kChanged;
  frame.epoch = kEpoch;
  frame.check = kCheck;
  frame.prev = HubSequence(811);
  frame.item = SampleItem();
  const Json json = ToJson(frame);
  EXPECT_EQ(json["event"], "context_changed");
  EXPECT_EQ(json["seq"], 812);
  EXPECT_EQ(json["prev"], 811);
  EXPECT_EQ(json["changed_by"], "agent-7");
}

TEST(HubWireTest, AnUnknownEventStopsTheReader) {
  EXPECT_EQ(EventFrameFromJson(Json{{"event", "party"}}).error().code(), ErrorCode::kUnavailable);
}

TEST(EntryHashTest, CoversEverythingButTheNumber) {
  const PushEntry entry = SampleEntry();
  PushEntry renumbered = entry;
  renumbered.n = EntryNumber(1);
  renumbered.hash.clear();
  EXPECT_EQ(EntryHash(renumbered), EntryHash(entry));
  EXPECT_EQ(EntryHash(entry).size(), 64U);

  std::vector<PushEntry> changed(10, entry);
  changed[0].base = HubSequence(1);
  changed[1].reason = "other";
  changed[2].hlc = Hlc{1};
  changed[3].on_conflict.reset();
  changed[4].fail = false;
  changed[5].context.id = "other";
  changed[6].delta.cells.erase("d/status");
  changed[7].over.reset();
  changed[8].op = EntryOp::kRepair;
  changed[9].reissue.reset();
  for (std::size_t i = 0; i < changed.size(); ++i) {
    EXPECT_NE(EntryHash(changed[i]), EntryHash(entry)) << i;
  }
}

TEST(EntryHashTest, IsTheSameOnBothEnds) {
  const PushEntry received =
      PushRequestFromJson(Travelled(ToJson(SamplePush()))).value().entries[0];
  EXPECT_EQ(EntryHash(received), EntryHash(SampleEntry()));
}

}  // namespace
}  // namespace contextsync::hub_wire_test

// What a conflict record says without a notebook: the versions it shows, the write that ends it.

#include "core/notebook/chosen_update.h"

#include <gtest/gtest.h>

#include "core/notebook/shown_versions.h"
#include "tests/unit/notebook/conflicts_fixture.h"

namespace contextsync::test::chosen_update_test {
namespace {

TEST(ShownVersionsTest, OnlyLiveRecordsOfTheStrategyCount) {
  ConflictRecord closed = Record(Strategy::kVersion, 5, "c-1");
  closed.status = ConflictStatus::kResolved;

  EXPECT_TRUE(ShownVersions(
                  {closed, Record(Strategy::kMerge, 6, "c-2"), Record(Strategy::kManual, 7, "c-3")})
                  .empty());
}

TEST(ShownVersionsTest, TheShownSideIsFirstAndEachStandsOnce) {
  ConflictRecord first = Record(Strategy::kVersion, 5, "c-1");
  first.current = Side("\"done\"", 5);
  first.incoming = Side("\"open\"", 3);
  ConflictRecord second = Record(Strategy::kVersion, 6, "c-2");
  second.current = Side("\"done\"", 5);
  second.incoming = Side(std::nullopt, 6);

  const auto versions = ShownVersions({first, second});

  ASSERT_EQ(versions.size(), 1U);
  EXPECT_EQ(versions[0].path, "/status");
  ASSERT_EQ(versions[0].sides.size(), 3U);
  EXPECT_EQ(versions[0].sides[0].value, "\"done\"");
  EXPECT_EQ(versions[0].sides[1].value, std::nullopt);
  EXPECT_EQ(versions[0].sides[2].value, "\"open\"");
}

Update Chosen(const ConflictRecord& record, const std::string& choose, Json value = nullptr) {
  return ChosenUpdate(record, {record.id, choose, std::move(value)}, {{"a", 1}, {"b", 2}})
      .value()
      .value();
}

/// The record of a delta that begins with a clear at its path.
ConflictRecord OfReplacement(std::string path, std::string incoming) {
  ConflictRecord record = Record(Strategy::kManual, 2);
  record.path = std::move(path);
  record.incoming.value = std::move(incoming);
  Delta delta;
  delta.cells["d" + record.path].clr = Stamp{Hlc(1), DeviceId(1), 0};
  record.left_out = LeftOut(std::move(delta));
  return record;
}

TEST(ChosenUpdateTest, CurrentNeedsNoWrite) {
  const auto update = ChosenUpdate(Record(Strategy::kManual, 2), {kId, "current", {}}, Json());

  EXPECT_FALSE(update.value().has_value());
}

TEST(ChosenUpdateTest, ADeletionIsWrittenAsNull) {
  ConflictRecord record = Record(Strategy::kManual, 2);
  record.path = "/a~1b/c";
  record.incoming.value = std::nullopt;

  const Update update = Chosen(record, "incoming");

  EXPECT_EQ(update.data, Json::parse(R"({"a/b":{"c":null}})"));
  EXPECT_TRUE(update.replace.empty());
}

TEST(ChosenUpdateTest, WhatMergedIsMergedAndWhatReplacedReplaces) {
  ConflictRecord merged = Record(Strategy::kManual, 2);
  merged.path = "/l";
  merged.incoming.value = "[1]";
  EXPECT_TRUE(Chosen(merged, "incoming").replace.empty());

  const Update update = Chosen(OfReplacement("/l", "[1]"), "incoming");
  EXPECT_EQ(update.data, Json::parse(R"({"l":[1]})"));
  EXPECT_EQ(update.replace, std::vector<std::string>{"/l"});
}

TEST(ChosenUpdateTest, AValueOfOnesOwnReplaces) {
  const Update update = Chosen(Record(Strategy::kManual, 2), "value", Json::array({1}));

  EXPECT_EQ(update.data, Json::parse(R"({"status":[1]})"));
  EXPECT_EQ(update.replace, std::vector<std::string>{"/status"});
}

TEST(ChosenUpdateTest, AWholeContextIsDeletedMergedOrReplaced) {
  ConflictRecord record = Record(Strategy::kManual, 2);
  record.path = "";
  record.incoming.value = std::nullopt;
  EXPECT_TRUE(Chosen(record, "incoming").erase_context);

  record.incoming.value = R"({"b":[1]})";
  EXPECT_EQ(Chosen(record, "incoming").data, Json::parse(R"({"b":[1]})"));

  const Update update = Chosen(OfReplacement("", R"({"b":[1]})"), "incoming");
  EXPECT_EQ(update.data, Json::parse(R"({"a":null,"b":[1]})"));
  EXPECT_EQ(update.replace, std::vector<std::string>{"/b"});
}

TEST(ChosenUpdateTest, AParentIsMovedTo) {
  ConflictRecord record = Record(Strategy::kManual, 2);
  record.path = "@parent";
  record.incoming.value = R"({"context_id":"main","level":"branch"})";
  EXPECT_EQ(Chosen(record, "incoming").parent, Branch("main"));

  const auto wrong = ChosenUpdate(record, {kId, "value", 17}, Json());
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace contextsync::test::chosen_update_test

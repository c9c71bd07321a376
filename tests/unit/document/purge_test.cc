#include "core/document/purge.h"

#include <gtest/gtest.h>

#include "core/document/join.h"
#include "core/document/render.h"
#include "core/document/wire.h"

namespace contextsync::purge_test {
namespace {

constexpr std::uint64_t kOurs = 1;
constexpr std::uint64_t kTheirs = 2;

Stamp At(std::uint64_t hlc, std::uint64_t device = kOurs) {
  return {Hlc{hlc}, DeviceId(device), 0};
}

Delta Atom(const std::string& path, const Stamp& stamp, const std::string& bytes) {
  Delta delta;
  delta.cells["d"].head = Head{At(1), CellKind::kObj, ""};
  delta.cells[path].head = Head{stamp, CellKind::kAtom, bytes};
  return delta;
}

Delta Listed(const std::string& path, const Stamp& stamp, const std::string& bytes) {
  Delta delta;
  delta.cells[path].elems[bytes + "#0"] = {stamp, stamp, {}, bytes};
  return delta;
}

Purge Of(std::string path, std::vector<WriteId> writes) {
  Purge purge;
  purge.path = std::move(path);
  AddWrites(purge.writes, writes);
  return purge;
}

WriteId Write(std::uint64_t hlc, std::uint64_t device = kOurs) {
  return {Hlc{hlc}, DeviceId(device)};
}

TEST(PurgeTest, DeletesAnAtomAtItsOwnStampSoThatNothingOlderShows) {
  State state = Atom("d/key", At(5), "\"secret\"");

  EXPECT_TRUE(ApplyPurge(state, Of("/key", {Write(5)})));
  Join(state, Atom("d/key", At(4), "\"older\""));

  EXPECT_EQ(state.cells.at("d/key").head, (Head{At(5), CellKind::kDel, ""}));
  EXPECT_EQ(Render(state).data, Json::object());
}

TEST(PurgeTest, LeavesWhatOthersWroteAndWhatStandsBesideThePath) {
  State state = Atom("d/key", At(5, kTheirs), "1");
  Join(state, Atom("d/keys", At(5), "2"));
  const State before = state;

  EXPECT_FALSE(ApplyPurge(state, Of("/key", {Write(5)})));

  EXPECT_EQ(state, before);
}

TEST(PurgeTest, TakesElementsWithTheirKeys) {
  State state = Listed("d/list", At(5), "\"secret\"");
  Join(state, Listed("d/list", At(6), "\"fine\""));

  EXPECT_TRUE(ApplyPurge(state, Of("/list", {Write(5)})));

  EXPECT_EQ(state, Listed("d/list", At(6), "\"fine\""));
}

TEST(PurgeTest, ReachesBelowThePath) {
  State state = Atom("d/a/b/c", At(5), "\"secret\"");
  EXPECT_TRUE(EraseValues(state, "/a"));
  EXPECT_EQ(state.cells.at("d/a/b/c").head->kind, CellKind::kDel);
}

/// What the hub overwrites in its items adds up to what it overwrites in their sum.
TEST(PurgeTest, CommutesWithTheJoin) {
  const std::vector<Delta> deltas = {
      Atom("d/key", At(5), "\"secret\""), Atom("d/key", At(7, kTheirs), "\"fine\""),
      Listed("d/list", At(5), "\"secret\""), Listed("d/list", At(8), "\"fine\"")};
  const Purge purge = Of("", {Write(5)});
  State joined;
  State parts;
  for (const Delta& delta : deltas) {
    Join(joined, delta);
    Delta part = delta;
    ApplyPurge(part, purge);
    Join(parts, part);
  }
  ApplyPurge(joined, purge);
  EXPECT_EQ(joined, parts);
}

/// Of three additions an element keeps the first and the last; the one in between comes to light.
TEST(PurgeTest, OtherAdditionsOfAnElementComeBackFromTheFeed) {
  const Purge purges[] = {Of("/list", {Write(5)}), Of("/list", {Write(9, kTheirs)}),
                          Of("/list", {Write(5), Write(9, kTheirs)})};
  for (const Purge& purge : purges) {
    State before;
    State feed;
    for (const Stamp& stamp : {At(5), At(7), At(9, kTheirs)}) {
      Delta part = Listed("d/list", stamp, "\"x\"");
      Join(before, part);
      ApplyPurge(part, purge);
      Join(feed, part);
    }
    State state = before;
    ApplyPurge(state, purge);
    ASSERT_NE(state, feed);
    RestoreOtherWrites(state, before, feed, purge);
    EXPECT_EQ(state, feed);
  }
}

TEST(PurgeTest, WhatIsLeftOfAnElementCanBeSent) {
  State state = Listed("d/list", At(5), "\"x\"");
  Join(state, Listed("d/list", At(9, kTheirs), "\"x\""));
  for (const WriteId& write : {Write(5), Write(9, kTheirs)}) {
    State left = state;
    ApplyPurge(left, Of("/list", {write}));
    const auto read = DeltaFromWire(DeltaToWire(left));
    ASSERT_TRUE(read.ok()) << read.error().message();
    EXPECT_EQ(read.value(), left);
  }
}

TEST(PurgeTest, TakesDropsWhoseKeysHoldTheValue) {
  std::vector<Drop> drops = {{"d/list", Component::kLast, "\"secret\"#0", At(5)},
                             {"d/list", Component::kLast, "\"fine\"#0", At(6)},
                             {"d/list", Component::kHead, "", At(5)}};
  EXPECT_TRUE(ApplyPurge(drops, Of("/list", {Write(5)})));
  EXPECT_EQ(drops.size(), 2U);
  EXPECT_EQ(drops.front().key, "\"fine\"#0");
}

TEST(PurgeTest, NamesWhoWroteValuesThere) {
  State state = Atom("d/key", At(5), "1");
  Join(state, Listed("d/key/list", At(6, kTheirs), "2"));
  EXPECT_EQ(WritesAt(state, "/key"), (std::vector<WriteId>{Write(5), Write(6, kTheirs)}));
  EXPECT_TRUE(WritesAt(state, "/other").empty());
}

TEST(PurgeTest, CutsTheValueOutOfALargerOne) {
  EXPECT_EQ(WithoutPurged(R"({"a":{"key":"secret","n":1}})", "", "/a/key"), R"({"a":{"n":1}})");
  EXPECT_EQ(WithoutPurged(R"("secret")", "/a/key", "/a"), std::nullopt);
  EXPECT_EQ(WithoutPurged("1", "/b", "/a"), "1");
}

TEST(PurgeTest, KeptPurgesOfAPathGrowTogetherAndSurviveStorage) {
  std::vector<Purge> kept;
  KeepPurge(kept, Of("/a", {Write(5)}));
  KeepPurge(kept, Of("/b", {Write(6)}));
  KeepPurge(kept, Of("/a", {Write(7), Write(5)}));

  EXPECT_EQ(KeptWrites(kept, "/a"), (std::vector<WriteId>{Write(5), Write(7)}));
  EXPECT_EQ(DecodePurges(EncodePurges(kept)).value(), kept);
  EXPECT_EQ(DecodePurges(EncodePurges(kept) + "x").error().code(), ErrorCode::kCorruption);
}

}  // namespace
}  // namespace contextsync::purge_test

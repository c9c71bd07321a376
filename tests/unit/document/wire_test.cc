#include "core/document/wire.h"

#include <gtest/gtest.h>

#include "core/document/codec.h"
#include "core/document/element_key.h"
#include "core/document/join.h"
#include "tests/unit/document/random_update.h"
#include "tests/unit/document/replica.h"

namespace contextsync::wire_test {
namespace {

constexpr const char* kHead =
    R"({"v":1,"hlc":"018bcfe568000000","device":"0000000000000001","cells":)";
constexpr const char* kFull =
    R"({"v":1,"devices":["0000000000000001","0000000000000002"],"cells":)";

Result<Delta> Read(const std::string& frame, const std::string& cells) {
  return DeltaFromWire(ParseStrict(frame + cells + "}", kWireJsonLimits).value());
}

ErrorCode CodeOf(const std::string& cells) {
  return Read(kHead, cells).error().code();
}

TEST(WireTest, WritesTheFormOfTheProtocol) {
  Replica replica(1);
  Update update = Data(R"({"status":"done","todo":["a","a"],"insights":[{}]})");

  const Json wire = DeltaToWire(replica.Write(update).delta);

  EXPECT_EQ(wire["v"], 1);
  EXPECT_EQ(wire["hlc"], "018bcfe568000000");
  EXPECT_EQ(wire["device"], "0000000000000001");
  EXPECT_EQ(wire["cells"]["d/status"], J(R"({"h":[3,"atom","done"]})"));
  EXPECT_EQ(wire["cells"]["d/todo"],
            J(R"({"c":4,"h":[5,"list"],"e":[{"v":"a","a":6},{"v":"a","o":1,"a":7}]})"));
  EXPECT_EQ(wire["cells"]["d/insights"], J(R"({"h":[1,"list"],"e":[{"l":1,"v":{},"a":2}]})"));
}

TEST(WireTest, WritesRemovalsByKeyAndReAdditionsInOneObject) {
  Replica replica(1);
  replica.Write(R"({"files":["a","b"]})");
  Update update = Data(R"({"files":["a"]})");
  update.remove.emplace_back("/files", std::vector<Json>{"a", "b"});

  const Json wire = DeltaToWire(replica.Write(update).delta);

  EXPECT_EQ(wire["cells"]["d/files"]["e"], J(R"([{"v":"a","a":4,"r":0},{"k":"\"b\"#0","r":1}])"));
}

TEST(WireTest, DeltasRoundTripThroughText) {
  const std::uint64_t seed = TestSeed();
  for (std::uint64_t i = 0; i < ManyStates(); ++i) {
    RandomUpdates random(seed + i);
    Replica replica(1);
    for (int step = 0; step < 4; ++step) {
      const Delta delta = replica.Write(random.Any(replica.view().data)).delta;
      const Json wire = ParseStrict(CompactText(DeltaToWire(delta)), kWireJsonLimits).value();
      const auto read = DeltaFromWire(wire);
      ASSERT_TRUE(read.ok()) << read.error().message() << wire;
      ASSERT_EQ(read.value(), delta) << wire;
    }
    const Json wire =
        ParseStrict(CompactText(StateToWire(replica.state())), kWireJsonLimits).value();
    ASSERT_EQ(StateFromWire(wire).value(), replica.state()) << wire;
    ASSERT_EQ(StateFromWire(StateToWire(replica.state())).value(), replica.state()) << wire;
  }
}

TEST(WireTest, MixedStampsTakeTheFullForm) {
  Replica left(1);
  Replica right(2);
  left.Write(R"({"insights":["x"]})");
  left.Take(right.Write(R"({"a":1})").delta);

  const Json wire = DeltaToWire(left.state());

  EXPECT_EQ(wire["devices"].size(), 2U);
  EXPECT_FALSE(SingleEntryStamp(left.state()));
  EXPECT_EQ(DeltaFromWire(wire).value(), left.state());
}

TEST(WireTest, CollectedFirstStaysCollected) {
  State state;
  state.cells["d/l"].elems["1#0"] = Element{{}, {Hlc{7}, DeviceId(1), 3}, {}, "1"};

  EXPECT_EQ(StateFromWire(StateToWire(state)).value(), state);
}

TEST(WireTest, UnknownVersionsAndTreesAskForAnUpgrade) {
  EXPECT_EQ(DeltaFromWire(J(R"({"v":2,"cells":{}})")).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(R"({"x/a":{"c":0}})"), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(R"({"m/other":{"c":0}})"), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(R"({"d/a":{"h":[0,"text"]}})"), ErrorCode::kUnavailable);
}

TEST(WireTest, RefusesMalformedFrames) {
  for (const char* text :
       {"[]", "{}", R"({"v":"1","cells":{}})", R"({"v":1,"cells":{}})",
        R"({"v":1,"hlc":"1","device":"2","cells":{}})",
        R"({"v":1,"hlc":"0000000000000000","device":"0000000000000001","cells":{}})",
        R"({"v":1,"hlc":"018BCFE568000000","device":"0000000000000001","cells":{}})",
        R"({"v":1,"hlc":"018bcfe568000000","device":"0000000000000001"})",
        R"({"v":1,"devices":[1],"cells":{}})", R"({"v":1,"devices":{},"cells":{}})"}) {
    EXPECT_EQ(DeltaFromWire(J(text)).error().code(), ErrorCode::kInvalidArgument) << text;
  }
}

TEST(WireTest, RefusesMalformedCells) {
  for (const char* cells : {"[]",
                            R"({"d":1})",
                            R"({"d":{}})",
                            R"({"da":{"c":0}})",
                            R"({"d/~":{"c":0}})",
                            R"({"d":{"c":-1}})",
                            R"({"d":{"c":4294967296}})",
                            R"({"d":{"c":[0]}})",
                            R"({"d":{"h":[0]}})",
                            R"({"d":{"h":[0,"obj",1]}})",
                            R"({"d/a":{"h":[0,"atom"]}})",
                            R"({"d":{"h":[0,"atom",1]}})",
                            R"({"d":{"h":[0,"list"]}})",
                            R"({"d":{"e":[{"v":1,"a":1}]}})",
                            R"({"d/l":{"e":{}}})",
                            R"({"d/l":{"e":[1]}})",
                            R"({"d/l":{"e":[{"v":1}]}})",
                            R"({"d/l":{"e":[{"a":1}]}})",
                            R"({"d/l":{"e":[{"r":1}]}})",
                            R"({"d/l":{"e":[{"k":"1#0"}]}})",
                            R"({"d/l":{"e":[{"k":"x","r":1}]}})",
                            R"({"d/l":{"e":[{"k":"1#00","r":1}]}})",
                            R"({"d/l":{"e":[{"k":"2#0","v":1,"a":1}]}})",
                            R"({"d/l":{"e":[{"v":1,"a":1},{"v":1,"a":2}]}})",
                            R"({"d/l":{"e":[{"v":1,"o":-1,"a":1}]}})",
                            R"({"d/l":{"e":[{"v":1,"l":2,"a":1}]}})"}) {
    const auto read = Read(kHead, cells);
    ASSERT_FALSE(read.ok()) << cells;
    EXPECT_EQ(read.error().code(), ErrorCode::kInvalidArgument) << cells;
  }
}

TEST(WireTest, RefusesMalformedFullStamps) {
  for (const char* stamp :
       {"1", "[]", R"(["018bcfe568000000",2,0])", R"(["018bcfe568000000",0])",
        R"(["0000000000000000",0,0])", R"([1,0,0])", R"(["018bcfe568000000",0,-1])"}) {
    const std::string cells = std::string(R"({"d":{"c":)") + stamp + "}}";
    EXPECT_FALSE(Read(kFull, cells).ok()) << stamp;
  }
  EXPECT_TRUE(Read(kFull, R"({"d":{"c":["018bcfe568000000",1,0]}})").ok());
}

TEST(WireTest, RefusesWhatBreaksALimitOfOneEntry) {
  const auto path = [](std::size_t depth) {
    std::string text = "d";
    for (std::size_t i = 0; i < depth; ++i)
      text += "/a";
    return text;
  };
  EXPECT_TRUE(Read(kHead, R"({")" + path(64) + R"(":{"h":[0,"atom",1]}})").ok());
  EXPECT_FALSE(Read(kHead, R"({")" + path(64) + R"(":{"h":[0,"atom",[]]}})").ok());
  EXPECT_FALSE(Read(kHead, R"({")" + path(65) + R"(":{"h":[0,"atom",1]}})").ok());
  EXPECT_TRUE(Read(kHead, R"({")" + path(63) + R"(":{"e":[{"v":1,"a":0}]}})").ok());
  EXPECT_FALSE(Read(kHead, R"({")" + path(63) + R"(":{"e":[{"v":[],"a":0}]}})").ok());
  const std::string long_key = R"({")" + std::string(257, 'k') + R"(":1})";
  EXPECT_FALSE(Read(kHead, R"({"d/a":{"h":[0,"atom",[)" + long_key + "]]}}").ok());
  EXPECT_FALSE(Read(kHead, R"({"d/l":{"e":[{"v":)" + long_key + R"(,"a":0}]}})").ok());
  EXPECT_FALSE(Read(kHead, R"({"d/)" + std::string(257, 'k') + R"(":{"c":0}})").ok());
}

TEST(WireTest, EqualDeltasReadToEqualBytes) {
  const auto one = Read(kHead, R"({"d/a":{"h":[1,"atom",1.0]}})").value();
  const auto two = Read(kHead, R"({"d/a":{"h":[1,"atom",1]}})").value();

  EXPECT_EQ(EncodeState(one), EncodeState(two));
}

}  // namespace
}  // namespace contextsync::wire_test

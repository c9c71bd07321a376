#include "core/document/codec.h"

#include <gtest/gtest.h>

#include "core/document/join.h"
#include "tests/unit/document/random_update.h"
#include "tests/unit/document/replica.h"

namespace contextsync::codec_test {
namespace {

// Two writers' cells with removals, atoms, logs and deletions among them.
State RichState(std::uint64_t seed) {
  RandomUpdates random(seed);
  Replica left(1);
  Replica right(2, 1'700'000'100'000);
  for (int i = 0; i < 6; ++i) {
    const Delta from_left = left.Write(random.Any(left.view().data)).delta;
    const Delta from_right = right.Write(random.Any(right.view().data)).delta;
    left.Take(from_right);
    right.Take(from_left);
  }
  return left.state();
}

TEST(CodecTest, RoundTripsEveryState) {
  const std::uint64_t seed = TestSeed();
  for (std::uint64_t i = 0; i < ManyStates(); ++i) {
    const State state = RichState(seed + i);
    const std::string bytes = EncodeState(state);

    const auto decoded = DecodeState(bytes);

    ASSERT_TRUE(decoded.ok()) << "seed " << seed + i;
    ASSERT_EQ(decoded.value(), state) << "seed " << seed + i;
    ASSERT_EQ(EncodeState(decoded.value()), bytes) << "seed " << seed + i;
  }
}

TEST(CodecTest, RoundTripsACollectedFirst) {
  State state;
  const Stamp stamp{Hlc{7}, DeviceId(1), 3};
  state.cells["d/l"].elems["1#0"] = Element{{}, stamp, {}, "1"};
  state.cells["d/l"].elems["odd key"] = Element{{}, {}, stamp, ""};

  EXPECT_EQ(DecodeState(EncodeState(state)).value(), state);
}

TEST(CodecTest, EmptyStateIsAState) {
  EXPECT_EQ(DecodeState(EncodeState({})).value(), State{});
}

TEST(CodecTest, EveryTruncationIsRefused) {
  const std::string bytes = EncodeState(RichState(TestSeed()));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    ASSERT_EQ(DecodeState(std::string_view(bytes).substr(0, length)).error().code(),
              ErrorCode::kCorruption)
        << length;
  }
  EXPECT_FALSE(DecodeState(bytes + "x").ok());
}

TEST(CodecTest, FlippedBitsNeverCrashAndNeverPassForTheSame) {
  const State state = RichState(TestSeed());
  const std::string bytes = EncodeState(state);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const auto decoded = DecodeState(flipped);
    ASSERT_FALSE(decoded.ok() && decoded.value() == state) << bit;
  }
}

TEST(CodecTest, NewerFormatIsRefusedAsSuch) {
  EXPECT_EQ(DecodeState("\x02").error().code(), ErrorCode::kUnavailable);
}

TEST(CodecTest, HashFollowsTheValueAlone) {
  Replica left(1);
  Replica right(2);
  const Delta from_left = left.Write(R"({"a":1,"files":["x"]})").delta;
  const Delta from_right = right.Write(R"({"b":2,"files":["y"]})").delta;

  left.Take(from_right);
  right.Take(from_left);
  right.Take(from_right);

  EXPECT_EQ(StateHash(left.state()), StateHash(right.state()));
  EXPECT_EQ(StateHash(left.state()).size(), 64U);
  EXPECT_NE(StateHash(left.state()), StateHash(from_left));
}

// A working notebook: long file lists, records and fields, written over many calls.
TEST(CodecTest, StaysSmallBesideTheView) {
  Replica replica(1);
  for (int call = 0; call < 100; ++call) {
    Update update;
    for (int i = 0; i < 5; ++i) {
      update.data["files_read"].push_back("src/module/component_" + std::to_string(call * 5 + i) +
                                          ".cc");
    }
    update.data["field_" + std::to_string(call)] =
        "what was understood in step " + std::to_string(call);
    update.data["insights"] =
        J(R"([{"id":"0197a6a0-7c3e-7000-8000-00000000000)" + std::to_string(call % 10) +
          R"(","content":"the store keeps one row for each change","importance":"high"}])");
    replica.Write(update);
  }

  const double ratio = static_cast<double>(EncodeState(replica.state()).size()) /
                       static_cast<double>(replica.Text().size());

  EXPECT_LT(ratio, 1.8);
  RecordProperty("bytes_per_view_byte", std::to_string(ratio));
}

}  // namespace
}  // namespace contextsync::codec_test

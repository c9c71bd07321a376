#include "server/mcp/line_reader.h"

#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace contextsync::mcp::line_reader_test {
namespace {

constexpr std::size_t kMaxBytes = 10;

class RecordingHandler final : public LineHandler {
 public:
  void OnLine(std::string_view line) override { events.emplace_back(line); }
  void OnOversized(const OversizedLine& line) override {
    events.push_back("oversized, id " + std::string(line.id_text()));
  }

  std::vector<std::string> events;
};

std::vector<std::string> Read(const std::vector<std::string_view>& pieces,
                              std::size_t max_bytes = kMaxBytes) {
  LineReader reader(max_bytes);
  RecordingHandler handler;
  for (const std::string_view piece : pieces)
    reader.Feed(piece, handler);
  reader.Finish(handler);
  return handler.events;
}

using Events = std::vector<std::string>;

TEST(LineReaderTest, SplitsAtLineEnds) {
  EXPECT_EQ(Read({"a\nb\r\nc"}), (Events{"a", "b", "c"}));
  EXPECT_EQ(Read({"a", "b\nc", "\n"}), (Events{"ab", "c"}));
}

TEST(LineReaderTest, SkipsBlankLines) {
  EXPECT_EQ(Read({"\n\r\n \t\n\na\n  "}), (Events{"a"}));
  EXPECT_EQ(Read({}), Events{});
}

TEST(LineReaderTest, KeepsInnerCarriageReturnsAndByteZero) {
  EXPECT_EQ(Read({std::string_view("a\rb\0c\r\r\n", 8)}), (Events{std::string("a\rb\0c\r", 6)}));
}

TEST(LineReaderTest, AcceptsALineAtTheLimitOnly) {
  EXPECT_EQ(Read({"0123456789\nx\n"}), (Events{"0123456789", "x"}));
  EXPECT_EQ(Read({"0123456789a\nx\n"}), (Events{"oversized, id ", "x"}));
  EXPECT_EQ(Read({"01234", "56789", "a", "b\nx\n"}), (Events{"oversized, id ", "x"}));
}

TEST(LineReaderTest, ReportsAnOversizedLineOnceAndRecovers) {
  const std::string endless(100'000, 'x');
  EXPECT_EQ(Read({endless, endless, "\nok\n"}), (Events{"oversized, id ", "ok"}));
  EXPECT_EQ(Read({endless}), (Events{"oversized, id "}));
}

TEST(LineReaderTest, HoldsNothingOfAnOversizedLine) {
  LineReader reader(1'000'000);
  RecordingHandler handler;
  for (int i = 0; i < 100; ++i)
    reader.Feed(std::string(100'000, 'x'), handler);

  EXPECT_EQ(reader.buffered_bytes(), 0U);
}

TEST(LineReaderTest, CuttingTheInputDifferentlyChangesNothing) {
  const char* given = std::getenv("CONTEXTSYNC_SEED");
  const auto seed = given != nullptr ? std::strtoul(given, nullptr, 10) : std::random_device{}();
  SCOPED_TRACE("CONTEXTSYNC_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  constexpr std::string_view kAlphabet =
      "iiidddabcdefgh      {}[]0123456789,:\"\r\nABCDEFGHIJKLMNOPQRSTUVWXYZ";
  constexpr std::size_t kLongMaxBytes = 70;
  for (int round = 0; round < 2'000; ++round) {
    std::string text(random() % 400, ' ');
    for (char& c : text)
      c = kAlphabet[random() % kAlphabet.size()];
    std::vector<std::string_view> pieces;
    for (std::string_view rest = text; !rest.empty();) {
      const std::size_t size = 1 + random() % rest.size();
      pieces.push_back(rest.substr(0, size));
      rest.remove_prefix(size);
    }

    ASSERT_EQ(Read({text}, kLongMaxBytes), Read(pieces, kLongMaxBytes)) << text;
  }
}

}  // namespace
}  // namespace contextsync::mcp::line_reader_test

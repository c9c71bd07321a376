#include "core/base/log.h"

#include <limits>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace contextsync::log_test {
namespace {

std::string Line(std::string_view text, LogFields fields = {}) {
  return FormatLogLine(LogLevel::kInfo, 0, text, fields);
}

/// The text of a line without what stands before it.
std::string TextOf(std::string_view text) {
  const std::string line = Line(text);
  const std::string start = R"({"time":"1970-01-01T00:00:00.000Z","level":"info","text":)";
  EXPECT_EQ(line.substr(0, start.size()), start);
  return line.substr(start.size(), line.size() - start.size() - 1);
}

/// Puts the level back at the end of a test.
class LogTest : public testing::Test {
 protected:
  void TearDown() override { SetLogLevel(LogLevel::kWarning); }
};

TEST_F(LogTest, OneLineIsOneJsonObject) {
  EXPECT_EQ(FormatLogLine(LogLevel::kWarning, 1'795'348'800'123, "push refused",
                          {{"seq", 7U}, {"n", -3}, {"late", true}, {"ms", 1.5}, {"code", "gap"}}),
            R"({"time":"2026-11-22T12:00:00.123Z","level":"warning","text":"push refused",)"
            R"("seq":7,"n":-3,"late":true,"ms":1.5,"code":"gap"})");
}

TEST_F(LogTest, KeepsWholeNumbersExact) {
  const std::string line = Line("", {{"max", std::numeric_limits<std::uint64_t>::max()},
                                     {"min", std::numeric_limits<std::int64_t>::min()}});

  EXPECT_NE(line.find("18446744073709551615"), std::string::npos);
  EXPECT_NE(line.find("-9223372036854775808"), std::string::npos);
}

TEST_F(LogTest, WritesWhatIsNotANumberAsNull) {
  EXPECT_NE(Line("", {{"rate", std::numeric_limits<double>::quiet_NaN()}}).find(R"("rate":null)"),
            std::string::npos);
}

TEST_F(LogTest, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(TextOf("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(TextOf("line\n\tnext\r"), R"("line\n\tnext\u000d")");
  EXPECT_EQ(TextOf("\x1b[31mred\x7f"), R"("\u001b[31mred\u007f")");
  EXPECT_EQ(TextOf(std::string_view("nul\0!", 5)), R"("nul\u0000!")");
}

TEST_F(LogTest, WritesOtherAlphabetsInAscii) {
  EXPECT_EQ(TextOf("é"), R"("\u00e9")");
  EXPECT_EQ(TextOf("\xE2\x80\xAE"), R"("\u202e")");
  EXPECT_EQ(TextOf("😀"), R"("\ud83d\ude00")");
}

TEST_F(LogTest, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(TextOf("\xFF!"), R"("\ufffd!")");
  EXPECT_EQ(TextOf("\xC0\xAF"), R"("\ufffd\ufffd")");
  EXPECT_EQ(TextOf("\xED\xA0\x80"), R"("\ufffd\ufffd\ufffd")");
  EXPECT_EQ(TextOf("\xF4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")");
  EXPECT_EQ(TextOf("\xE2\x82"), R"("\ufffd\ufffd")");
}

TEST_F(LogTest, EveryByteGivesPrintableAscii) {
  for (int byte = 0; byte < 256; ++byte) {
    for (const char c : Line(std::string(3, static_cast<char>(byte)))) {
      ASSERT_TRUE(c >= 0x20 && c < 0x7F) << "byte " << byte;
    }
  }
}

TEST_F(LogTest, CutsLongTextsBetweenCharacters) {
  EXPECT_EQ(TextOf(std::string(256, 'x')), '"' + std::string(256, 'x') + '"');
  EXPECT_EQ(TextOf(std::string(257, 'x')), '"' + std::string(256, 'x') + "...\"");
  EXPECT_EQ(TextOf(std::string(255, 'x') + "é"), '"' + std::string(255, 'x') + "...\"");
}

TEST_F(LogTest, BoundsTheWholeLine) {
  const std::string worst(10'000, '\x01');

  const std::string line = Line(worst, {{"a", worst}, {"b", worst}, {"c", worst}, {"d", worst}});

  EXPECT_LE(line.size(), kLogLineBytes);
  EXPECT_EQ(line.substr(line.size() - 12), R"(,"cut":true})");
  EXPECT_NE(line.find(R"("a":)"), std::string::npos);
}

TEST_F(LogTest, WarningIsTheDefaultLevel) {
  EXPECT_FALSE(LogEnabled(LogLevel::kInfo));
  EXPECT_TRUE(LogEnabled(LogLevel::kWarning));
  EXPECT_TRUE(LogEnabled(LogLevel::kError));
}

TEST_F(LogTest, OffMeansNothingAtAll) {
  SetLogLevel(LogLevel::kOff);

  EXPECT_FALSE(LogEnabled(LogLevel::kError));
  EXPECT_FALSE(LogEnabled(LogLevel::kOff));
}

TEST_F(LogTest, DoesNotEvaluateFieldsWhileOff) {
  int evaluated = 0;
  const auto count = [&evaluated] { return ++evaluated; };

  CONTEXTSYNC_LOG(kDebug, "silent", {{"count", count()}});
  EXPECT_EQ(evaluated, 0);

  SetLogLevel(LogLevel::kDebug);
  CONTEXTSYNC_LOG(kDebug, "spoken", {{"count", count()}});
  EXPECT_EQ(evaluated, 1);
}

TEST_F(LogTest, WritesToStderrAndNeverToStdout) {
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();

  CONTEXTSYNC_LOG(kError, "disk is full {}", {{"path", std::string("/data")}});
  CONTEXTSYNC_LOG(kError, "alone");

  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_NE(written.find(R"("level":"error","text":"disk is full {}","path":"/data"})"),
            std::string::npos);
  EXPECT_NE(written.find("\"alone\"}\n"), std::string::npos);
}

TEST_F(LogTest, LinesOfSeveralThreadsDoNotMix) {
  constexpr int kThreads = 4;
  constexpr int kLines = 200;
  testing::internal::CaptureStderr();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([] {
        for (int i = 0; i < kLines; ++i)
          CONTEXTSYNC_LOG(kError, "together", {{"i", i}});
      });
    }
  }

  std::istringstream lines(testing::internal::GetCapturedStderr());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_EQ(line.substr(0, 9), R"({"time":")");
    EXPECT_EQ(line.back(), '}');
  }
  EXPECT_EQ(count, kThreads * kLines);
}

TEST_F(LogTest, NamesAndLevelsMatch) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError, LogLevel::kOff}) {
    EXPECT_EQ(ParseLogLevel(LogLevelName(level)), level);
  }
  EXPECT_EQ(ParseLogLevel("loud"), std::nullopt);
  EXPECT_EQ(ParseLogLevel(""), std::nullopt);
}

}  // namespace
}  // namespace contextsync::log_test

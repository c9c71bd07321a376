#include "core/secrets/text_scan.h"

#include <ctime>
#include <string>

#include <gtest/gtest.h>

#include "core/secrets/shape.h"

namespace contextsync::secrets::text_scan_test {
namespace {

const std::string kToken = std::string("gh") + "p_" + "a1B2c3D4e5F6a1B2c3D4e5F6a1B2c3D4e5F6";

std::string Seen(const std::string& text) {
  const auto matches = FindInText(text);
  return matches.empty() ? "" : text.substr(matches[0].begin, matches[0].end - matches[0].begin);
}

TEST(ShapeTest, RunsAreCountedAndEndWhereTheyMust) {
  EXPECT_EQ(MatchShape("ab{d2}", "ab12"), 4U);
  EXPECT_EQ(MatchShape("ab{d2}", "ab123"), 0U) << "one more of the same";
  EXPECT_EQ(MatchShape("ab{d2}", "ab12x"), 4U);
  EXPECT_EQ(MatchShape("ab{d2}", "ab1"), 0U);
  EXPECT_EQ(MatchShape("{d1-3}:{h2+}", "12:abcdef!"), 9U);
  EXPECT_EQ(MatchShape("{d1-3}:{h2+}", "1234:ab"), 0U);
  EXPECT_EQ(MatchShape("x", ""), 0U);
  EXPECT_EQ(MatchShape("x{d2+}", "x" + std::string(300, '1')), 257U);
  EXPECT_EQ(MatchRest("x{d2+}", std::string(43, '1') + "a"), 43U);
  EXPECT_EQ(MatchRest("x{d2}", "1"), 0U);
}

TEST(ShapeTest, WhatAShapeBeginsWithIsKnown) {
  EXPECT_EQ(LiteralStart("ab{d2}c"), "ab");
  EXPECT_EQ(LiteralStart("{d2}c"), "");
  EXPECT_EQ(FirstClasses("ab"), 0);
  EXPECT_NE(FirstClasses("{d2}"), 0);
}

TEST(TextScanTest, ATokenIsFoundWhereverAWordMayBegin) {
  for (const char* before : {"", " ", "(", "\"", "=", "_", "-", "/", "\n", "ü", "token:"})
    EXPECT_EQ(Seen(before + kToken), kToken) << before;
  EXPECT_EQ(Seen("x" + kToken), "");
  EXPECT_EQ(Seen(kToken + "x"), "") << "too long for one";
  EXPECT_EQ(Seen(kToken + ", and more"), kToken);
}

TEST(TextScanTest, EverySecretOfATextIsFound) {
  const auto matches = FindInText(kToken + " and " + kToken + "\npassword=hunter22!");
  ASSERT_EQ(matches.size(), 3U);
  EXPECT_EQ(matches[0].kind, "github-token");
  EXPECT_EQ(matches[1].begin, kToken.size() + 5);
  EXPECT_EQ(matches[2].kind, "password");
}

TEST(TextScanTest, OnlyThePasswordOfAnAddressIsTheSecret) {
  EXPECT_EQ(Seen("postgres://app:s3cr3t-x@db:5432/app?sslmode=require"), "s3cr3t-x");
  EXPECT_EQ(Seen("amqp://app:p@ss-w0rd@mq/"), "p@ss-w0rd") << "up to the last @";
  EXPECT_EQ(Seen("https://example.com/a:bcdef@c"), "");
  EXPECT_EQ(Seen("https://app@example.com"), "");
  EXPECT_EQ(Seen("https://app:${TOKEN}@example.com"), "");
}

TEST(TextScanTest, ANamedValueNeedsToLookThePart) {
  EXPECT_EQ(Seen("password: hunter2x"), "hunter2x");
  EXPECT_EQ(Seen("PASSWORD='correct-horse'"), "") << "words alone say nothing";
  EXPECT_EQ(Seen("{\"apiKey\": \"9f8a7b6c5d4e3f2a1b0c\"}"), "9f8a7b6c5d4e3f2a1b0c");
  EXPECT_EQ(Seen("api_key => \"9f8a7b6c5d4e3f2a1b0c\""), "9f8a7b6c5d4e3f2a1b0c");
  EXPECT_EQ(Seen("monkey: 9f8a7b6c5d4e3f2a1b0c"), "");
  EXPECT_EQ(Seen("next_token: 9f8a7b6c5d4e3f2a1b0c"), "");
}

TEST(TextScanTest, TheNameMayStandOutsideTheText) {
  const std::string value = "9f8a7b6c5d4e3f2a1b0c";
  EXPECT_TRUE(FindInText(value).empty());
  EXPECT_EQ(FindInValue("client_secret", value).size(), 1U);
  EXPECT_TRUE(FindInValue("commit", value).empty());
  EXPECT_EQ(FindInValue("password", "Tr0ub4dor&3").size(), 1U);
  EXPECT_TRUE(FindInValue("password", "at least 12 characters").empty());
}

TEST(TextScanTest, APrivateKeyIsFoundWholeAndCut) {
  std::string key = std::string("-----BEGIN PRIVATE") + " KEY-----\n";
  for (int line = 0; line < 3; ++line)
    key += "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n";
  const std::string whole = key + "-----END PRIVATE" + " KEY-----";
  EXPECT_EQ(Seen("a " + whole + " b"), whole);
  EXPECT_EQ(Seen(key), key);
  EXPECT_EQ(Seen("-----BEGIN PUBLIC" + key.substr(18)), "");
}

/// The worst there is for each look ahead and back.
TEST(TextScanTest, TimeGrowsWithTheTextAlone) {
  constexpr std::size_t kBytes = 256 * 1024;
  constexpr double kSeconds = 3;  // of the processor, in an unoptimised build under a sanitizer
  for (const char* piece : {"sk-",
                            "://",
                            "password=",
                            "eyJa.",
                            "-----BEGIN ",
                            "a",
                            "AKIA",
                            "Q~",
                            "basic ",
                            "aaa:",
                            "f0",
                            "://a:",
                            "-----BEGIN PRIVATE KEY-----",
                            "token=\"",
                            "=",
                            ":",
                            "xoxb-",
                            "1.1.",
                            "SG.SG.",
                            "0123456789:AA"}) {
    std::string text;
    while (text.size() < kBytes)
      text += piece;
    const auto started = std::clock();
    static_cast<void>(FindInText(text));
    EXPECT_LT(static_cast<double>(std::clock() - started) / CLOCKS_PER_SEC, kSeconds) << piece;
  }
}

TEST(TextScanTest, AnyBytesAreTaken) {
  std::string text;
  for (int i = 0; i < 256; ++i)
    text += static_cast<char>(i);
  EXPECT_TRUE(FindInText(text).empty());
  EXPECT_TRUE(FindInText("").empty());
  for (std::size_t cut = 0; cut <= kToken.size(); ++cut)
    static_cast<void>(FindInText(kToken.substr(cut)));
}

}  // namespace
}  // namespace contextsync::secrets::text_scan_test

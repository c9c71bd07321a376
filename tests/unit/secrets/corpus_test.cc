// How many secrets are found, and how many texts are taken for one wrongly.

#include "tests/unit/secrets/corpus.h"

#include <cstdio>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/secrets/secret_scan.h"
#include "core/secrets/text_scan.h"
#include "tests/support/seed.h"

namespace contextsync::corpus_test {
namespace {

constexpr int kRounds = 20;

/// Ways a secret gets into a notebook.
std::vector<std::string> Embeddings(const std::string& secret) {
  return {secret, "use " + secret + " for staging", "(" + secret + ")", "x\n" + secret + "\ny",
          "`" + secret + "`"};
}

TEST(SecretCorpusTest, NineteenOfTwentySecretsOfFortyKindsAreFound) {
  std::mt19937_64 random(TestSeed());
  std::map<std::string, int> made;
  std::map<std::string, int> found;
  std::map<std::string, int> named;
  for (int round = 0; round < kRounds; ++round) {
    for (const auto& fake : test::MakeFakes(random)) {
      for (const auto& text : Embeddings(fake.text)) {
        const auto matches = secrets::FindInText(text);
        ++made[fake.kind];
        if (!matches.empty()) ++found[fake.kind];
        for (const auto& match : matches)
          named[fake.kind] += match.kind == fake.kind ? 1 : 0;
      }
    }
  }

  EXPECT_GE(made.size(), 40U);
  int all_made = 0;
  int all_found = 0;
  for (const auto& [kind, count] : made) {
    // A kind has few fakes, and one in fifteen may look like a word; of a broken kind none is
    // found.
    EXPECT_GE(found[kind] * 100, count * 70) << kind;
    EXPECT_GE(named[kind] * 100, count * 60) << kind << " is taken for something else";
    all_made += count;
    all_found += found[kind];
  }
  RecordProperty("found_percent", all_found * 100 / all_made);
  EXPECT_GE(all_found * 100, all_made * 95);
}

TEST(SecretCorpusTest, WhatOnlyLooksLikeASecretIsLeftAlone) {
  std::mt19937_64 random(TestSeed());
  const auto texts = test::LookAlikes(random);
  ASSERT_GE(texts.size(), 200U);
  std::size_t wrong = 0;
  for (const auto& text : texts) {
    const auto matches = secrets::FindInText(text);
    if (matches.empty()) continue;
    ++wrong;
    static_cast<void>(
        std::printf("taken for %s: %s\n", std::string(matches.front().kind).c_str(), text.c_str()));
  }
  EXPECT_LE(wrong * 100, texts.size() * 2);
}

TEST(SecretCorpusTest, NothingOfASecretIsLeftAfterRedaction) {
  std::mt19937_64 random(TestSeed());
  for (const auto& fake : test::MakeFakes(random)) {
    Json data = {{"notes", {"before", "x " + fake.text + " y"}}};
    const auto found = FindSecrets(data);
    if (found.empty()) continue;  // counted above
    RedactSecrets(data, found);
    EXPECT_TRUE(FindSecrets(data).empty()) << fake.kind;
    EXPECT_NE(data["notes"][1].get<std::string>().find("[redacted:"), std::string::npos);
  }
}

}  // namespace
}  // namespace contextsync::corpus_test

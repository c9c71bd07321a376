#include "core/secrets/secret_scan.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace contextsync::secret_scan_test {
namespace {

const std::string kToken = std::string("gh") + "p_" + "a1B2c3D4e5F6a1B2c3D4e5F6a1B2c3D4e5F6";
const std::string kRedacted = "[redacted:github-token]";

std::vector<std::string> Paths(const Json& data) {
  std::vector<std::string> paths;
  for (const auto& secret : FindSecrets(data))
    paths.push_back(secret.finding.path);
  return paths;
}

TEST(SecretScanTest, FindingsSayWhereAndWhat) {
  const Json data = {{"a", 1}, {"b/c", {{"list", {"x", {{"deep", "use " + kToken}}}}}}};
  const auto found = FindSecrets(data);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].finding, (SecretFinding{"/b~1c/list/1/deep", "github-token"}));
  EXPECT_FALSE(found[0].is_key);
}

TEST(SecretScanTest, ASecretKeyIsFoundAndNeverPartOfAPath) {
  const Json data = {{"a", {{kToken, {{"b", kToken}}}}}};
  EXPECT_EQ(Paths(data), (std::vector<std::string>{"/a", "/a/*/b"}));
}

TEST(SecretScanTest, ValuesUnderATellingKeyAreFound) {
  EXPECT_EQ(Paths({{"password", "Tr0ub4dor&3"}, {"note", "Tr0ub4dor&3"}}),
            (std::vector<std::string>{"/password"}));
  EXPECT_EQ(Paths({{"client_secrets", 1}, {"api_key", {"9f8a7b6c5d4e3f2a1b0c"}}}),
            (std::vector<std::string>{"/api_key/0"}));
  EXPECT_TRUE(Paths({{"password", 12345678}, {"token", nullptr}, {"secret", true}}).empty());
}

TEST(SecretScanTest, RedactionTakesOutTheSecretAlone) {
  Json data = {{"a", "use " + kToken + " twice: " + kToken},
               {"list", {1, kToken, "plain"}},
               {"keep", {{"n", 1.5}}}};
  RedactSecrets(data, FindSecrets(data));
  EXPECT_EQ(data, Json({{"a", "use " + kRedacted + " twice: " + kRedacted},
                        {"list", {1, kRedacted, "plain"}},
                        {"keep", {{"n", 1.5}}}}));
}

TEST(SecretScanTest, RedactionRenamesKeysOnEveryLevel) {
  Json data = {{kToken, {{"in", {{"x" + std::string(" ") + kToken, kToken}}}}}};
  RedactSecrets(data, FindSecrets(data));
  EXPECT_EQ(data, Json({{kRedacted, {{"in", {{"x " + kRedacted, kRedacted}}}}}}));
  EXPECT_TRUE(FindSecrets(data).empty());
}

TEST(SecretScanTest, RedactionLeavesWhatItWasNotGiven) {
  Json data = {{"a", kToken}, {"b", kToken}};
  auto found = FindSecrets(data);
  found.erase(found.begin());
  RedactSecrets(data, found);
  EXPECT_EQ(data, Json({{"a", kToken}, {"b", kRedacted}}));
}

TEST(SecretScanTest, ATextIsDataToo) {
  EXPECT_EQ(FindSecretsInText("@reason", "x " + kToken),
            (std::vector<SecretFinding>{{"@reason", "github-token"}}));
  EXPECT_EQ(RedactedText("x " + kToken), "x " + kRedacted);
  const Json text = kToken;
  EXPECT_EQ(Paths(text), (std::vector<std::string>{""}));
}

}  // namespace
}  // namespace contextsync::secret_scan_test

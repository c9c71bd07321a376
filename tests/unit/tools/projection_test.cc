#include "core/tools/projection.h"

#include <gtest/gtest.h>

#include "core/document/json.h"

namespace contextsync::projection_test {
namespace {

TEST(SelectFieldsTest, TakesKeysAndPointersThroughObjects) {
  const auto data = Json::parse(R"({"a":1,"b":{"c":{"d":2,"e":3}},"l":[1,2]})");

  EXPECT_EQ(SelectFields(data, {"a"}), Json::parse(R"({"a":1})"));
  EXPECT_EQ(SelectFields(data, {"/b/c/d", "a"}), Json::parse(R"({"a":1,"b":{"c":{"d":2}}})"));
  EXPECT_EQ(SelectFields(data, {"/l/0"}), Json::parse(R"({"l":[1,2]})"));
  EXPECT_EQ(SelectFields(data, {"missing", "/b/missing/x"}), Json::parse(R"({"b":{}})"));
}

TEST(FitIntoTest, LeavesOutTheLargestAndSaysSo) {
  const Json data = {
      {"small", 1}, {"large", std::string(1'000, 'x')}, {"medium", std::string(100, 'y')}};

  const auto fitted = FitInto(data, 200);

  EXPECT_FALSE(fitted.data.contains("large"));
  EXPECT_TRUE(fitted.data.contains("medium"));
  ASSERT_EQ(fitted.omitted.size(), 1U);
  EXPECT_EQ(fitted.omitted[0]["path"], "/large");
  EXPECT_EQ(fitted.omitted[0]["bytes"], 1'002);
}

TEST(FitIntoTest, KeepsWhatFits) {
  const Json data = {{"k", 1}};

  const auto fitted = FitInto(data, 7);

  EXPECT_EQ(fitted.data, data);
  EXPECT_TRUE(fitted.omitted.empty());
}

}  // namespace
}  // namespace contextsync::projection_test

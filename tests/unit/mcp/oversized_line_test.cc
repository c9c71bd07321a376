#include "server/mcp/oversized_line.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace contextsync::mcp::oversized_line_test {
namespace {

std::string IdIn(std::string_view text) {
  OversizedLine line;
  for (const char byte : text)
    line.Take({&byte, 1});
  return std::string(line.id_text());
}

TEST(OversizedLineTest, FindsTheIdWhereverItStands) {
  EXPECT_EQ(IdIn(R"({"id":7,"method":"x"})"), "7");
  EXPECT_EQ(IdIn(R"({"method":"x","id":7})"), "7");
  EXPECT_EQ(IdIn(R"({"a":[{"b":"}"}],"id" : "a,}\"b" ,"c":1})"), R"( "a,}\"b" )");
}

TEST(OversizedLineTest, TakesNoOtherIdForIt) {
  EXPECT_EQ(IdIn(R"({"params":{"id":1},"method":"id"})"), "");
  EXPECT_EQ(IdIn(R"({"identity":1,"i":2,"xid":3,"\"id":4})"), "");
  EXPECT_EQ(IdIn(R"({"text":"\\\",\"id\":1"})"), "");
  EXPECT_EQ(IdIn(R"([{"id":1}])"), "");
  EXPECT_EQ(IdIn("]]]}}}"), "");
}

TEST(OversizedLineTest, TakesNoneOfTwo) {
  EXPECT_EQ(IdIn(R"({"id":1,"id":2})"), "");
}

TEST(OversizedLineTest, TakesNoEndlessId) {
  EXPECT_EQ(IdIn(R"({"id":")" + std::string(100'000, 'x') + R"("})"), "");
}

}  // namespace
}  // namespace contextsync::mcp::oversized_line_test

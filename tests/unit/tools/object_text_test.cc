#include "core/tools/object_text.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace contextsync::object_text_test {
namespace {

TEST(ObjectTextTest, MembersStandInTheOrderGiven) {
  ObjectText text;
  text.Text("z", "last letter first").Number("a", 7).Boolean("m", false);

  EXPECT_EQ(text.Take(), R"({"z":"last letter first","a":7,"m":false})");
}

TEST(ObjectTextTest, WithoutMembersItIsAnEmptyObject) {
  EXPECT_EQ(ObjectText().Take(), "{}");
}

TEST(ObjectTextTest, TextsAreEscapedAndTreesCompact) {
  ObjectText text;
  text.Text("t", "a\"b\n\xE2\x80\xA8\xFF").Tree("j", Json{{"k", {1, nullptr}}}).Raw("r", "[{}]");

  EXPECT_EQ(text.Take(),
            "{\"t\":\"a\\\"b\\n\\u2028\xEF\xBF\xBD\",\"j\":{\"k\":[1,null]},\"r\":[{}]}");
}

TEST(ObjectTextTest, CharactersOfEveryLengthStayAsTheyAre) {
  EXPECT_EQ(ObjectText().Text("t", "aé€😀z").Take(), "{\"t\":\"aé€😀z\"}");
}

}  // namespace
}  // namespace contextsync::object_text_test

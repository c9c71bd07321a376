#include "server/clients/jsonc_edit.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace contextsync::jsonc_edit_test {
namespace {

using OrderedJson = nlohmann::ordered_json;

const JsoncEdit::Path kPlace = {"mcpServers", "ours"};

std::string With(const std::string& text, const OrderedJson& value = OrderedJson{{"a", 1}}) {
  auto edit = JsoncEdit::Open(text);
  EXPECT_TRUE(edit.ok()) << text;
  EXPECT_TRUE(edit.value().Set(kPlace, value).ok()) << text;
  return edit.value().text();
}

std::string Without(const std::string& text) {
  auto edit = JsoncEdit::Open(text);
  EXPECT_TRUE(edit.ok()) << text;
  edit.value().Remove(kPlace);
  return edit.value().text();
}

TEST(JsoncEditTest, MakesTheObjectsOnTheWay) {
  EXPECT_EQ(With(""), "{\n  \"mcpServers\": {\n    \"ours\": {\n      \"a\": 1\n    }\n  }\n}\n");
}

TEST(JsoncEditTest, KeepsCommentsAndTheFormOfTheRest) {
  const std::string before =
      "// mine\n{\n\t\"z\" :  [1,2,], // two\n\t\"mcpServers\": {\n\t\t\"other\": {} // "
      "stays\n\t},\n}\n";
  const std::string after =
      "// mine\n{\n\t\"z\" :  [1,2,], // two\n\t\"mcpServers\": {\n\t\t\"other\": {}, // stays\n"
      "\t\t\"ours\": {\n\t\t\t\"a\": 1\n\t\t}\n\t},\n}\n";

  EXPECT_EQ(With(before), after);
  EXPECT_EQ(Without(after), before);
}

TEST(JsoncEditTest, KeepsATrailingCommaTrailing) {
  const std::string before = "{\n  \"mcpServers\": {\n    \"x\": 1,\n  }\n}";
  const std::string after =
      "{\n  \"mcpServers\": {\n    \"x\": 1,\n    \"ours\": {\n      \"a\": 1\n    },\n  }\n}";

  EXPECT_EQ(With(before), after);
  EXPECT_EQ(Without(after), before);
}

TEST(JsoncEditTest, KeepsTheLineBreaksOfTheFile) {
  const std::string after = With("{\r\n  \"x\": 1\r\n}\r\n");

  EXPECT_EQ(after.find("\n  \"mcp"), after.find("\r\n  \"mcp") + 1);
  EXPECT_EQ(With(after), after);
}

TEST(JsoncEditTest, LeavesAnEqualValueAsItIsWritten) {
  const std::string text = "{\"mcpServers\":{\"ours\":{ /* a */ \"a\" : 1 }}}";

  EXPECT_EQ(With(text), text);
}

TEST(JsoncEditTest, NoCommentSwallowsWhatFollowsARemovedMember) {
  for (const std::string text : {"{\"mcpServers\": {\n // c\n \"ours\": 1, \"x\": 2 }}",
                                 "{\"mcpServers\": {\n // c\n \"ours\": 1 }}",
                                 "{\"mcpServers\": {\"x\": 2, // c\n \"ours\": 1 }}",
                                 "{\"mcpServers\": {\"x\": 2 // c\n , \"ours\": 1 }}"}) {
    const std::string rest = Without(text);
    const auto parsed = ParseJsonc(rest);
    ASSERT_TRUE(parsed.ok()) << rest;
    EXPECT_NE(rest.find("// c"), std::string::npos) << rest;
    EXPECT_EQ(rest.find("ours"), std::string::npos) << rest;
    EXPECT_EQ(rest.find("\"x\"") == std::string::npos, text.find("\"x\"") == std::string::npos);
  }
}

TEST(JsoncEditTest, RefusesWhatItCannotRead) {
  for (const std::string text :
       {"{", "[1]", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{a:1}", "{} x", "{\"a\":tru}", "{/* }",
        "{\"a\":\"x\ny\"}", "{\"a\":,}", "{,}", "nothing"}) {
    EXPECT_FALSE(JsoncEdit::Open(text).ok()) << text;
  }
  EXPECT_FALSE(JsoncEdit::Open(std::string(500, '[')).ok());
}

TEST(JsoncEditTest, NamesTheLineOfAFault) {
  const auto edit = JsoncEdit::Open("{\n  \"a\": 1\n  \"b\": 2\n}");

  ASSERT_FALSE(edit.ok());
  EXPECT_EQ(edit.error().message(), "line 3: a comma is missing");
}

TEST(JsoncEditTest, RefusesAPlaceThatIsNoObjectOrStandsTwice) {
  for (const std::string text :
       {"{\"mcpServers\": []}", "{\"mcpServers\": {}, \"mcpServers\": {}}"}) {
    auto edit = JsoncEdit::Open(text);
    ASSERT_TRUE(edit.ok());
    EXPECT_FALSE(edit.value().Set(kPlace, 1).ok()) << text;
    EXPECT_EQ(edit.value().text(), text);
  }
}

TEST(JsoncEditTest, AppendsAndRemovesElements) {
  auto edit = JsoncEdit::Open("{\"hooks\": {\"Stop\": [\n    {\"theirs\": 1}\n  ]}}").value();
  const JsoncEdit::Path place = {"hooks", "Stop"};

  ASSERT_TRUE(edit.Append(place, OrderedJson{{"ours", 1}}).ok());
  EXPECT_EQ(edit.Get(place), OrderedJson::parse(R"([{"theirs":1},{"ours":1}])"));
  edit.Replace(place, 1, OrderedJson{{"ours", 2}});
  edit.RemoveElement(place, 0);
  EXPECT_EQ(edit.Get(place), OrderedJson::parse(R"([{"ours":2}])"));
}

TEST(JsoncEditTest, ReadsAByteOrderMarkAndEscapedKeys) {
  const std::string text = "\xEF\xBB\xBF{\"mcp\\u0053ervers\": {\"ours\": {\"a\": 1}}}";

  EXPECT_EQ(With(text), text);
}

}  // namespace
}  // namespace contextsync::jsonc_edit_test

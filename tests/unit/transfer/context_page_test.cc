#include "server/transfer/context_page.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace contextsync::context_page_test {
namespace {

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

TEST(ContextPageTest, APlainIdIsItsName) {
  EXPECT_EQ(PageName("t1"), "t1.md");
  EXPECT_EQ(PageName("fix-login_2.0"), "fix-login_2.0.md");
}

TEST(ContextPageTest, NoNameLeadsElsewhere) {
  for (const std::string id : {"..", ".", "../../etc/passwd", "/etc/passwd", "a/../b", ".hidden",
                               "-rf", "a\\b", "c:\\x", "~root", "nul", "con.txt", "com1", "aux"}) {
    const std::string name = PageName(id);
    EXPECT_EQ(name.find_first_of("/\\:"), std::string::npos) << name;
    EXPECT_NE(name[0], '.') << name;
    EXPECT_NE(name[0], '-') << name;
    EXPECT_NE(name, id + ".md");
  }
}

TEST(ContextPageTest, NamesDifferWhereIdsDo) {
  std::set<std::string> names;
  const std::string longest(200, 'x');
  const std::string ids[] = {"a/b",
                             "a_b",
                             "a:b",
                             "A_b",
                             "a_B",
                             "A_B",
                             "ä",
                             "ö",
                             "..",
                             "_.",
                             longest,
                             longest.substr(1),
                             longest.substr(0, 100)};
  for (const std::string& id : ids) {
    const std::string name = PageName(id);
    EXPECT_TRUE(names.insert(Lower(name)).second) << id << " → " << name;
    EXPECT_LE(name.size(), 255U);
    EXPECT_EQ(name, PageName(id));
  }
}

TEST(ContextPageTest, APageHasASectionForEachKey) {
  const Json context = Json::parse(R"({"level":"task","context_id":"t1","updated_at":"T",
      "updated_by":"bob","parent":{"level":"branch","context_id":"main"},
      "data":{"decisions":["a","b\nc"],"status":"done","n":3,"none":[],"x":{"y":1},
              "insights":[{"content":"slow","importance":"high"}]}})");

  EXPECT_EQ(MarkdownPage(context),
            "# task t1\n\nIn branch main. Changed T by bob.\n"
            "\n## decisions\n\n- a\n- b\n  c\n"
            "\n## insights\n\n- slow\n  `{\"importance\":\"high\"}`\n"
            "\n## n\n\n3\n"
            "\n## none\n\n(empty)\n"
            "\n## status\n\ndone\n"
            "\n## x\n\n```json\n{\n  \"y\": 1\n}\n```\n");
}

TEST(ContextPageTest, StoredTextMakesNoHeadings) {
  const Json context = Json::parse(R"({"level":"task","context_id":"t1","updated_at":"T",
      "updated_by":"bob","data":{"a\n# b":"x\n# y","code":"```\nz\n```"}})");

  EXPECT_EQ(MarkdownPage(context),
            "# task t1\n\nChanged T by bob.\n"
            "\n## a # b\n\n```\nx\n# y\n```\n"
            "\n## code\n\n````\n```\nz\n```\n````\n");
}

}  // namespace
}  // namespace contextsync::context_page_test

#include "core/document/pointer.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace contextsync::pointer_test {
namespace {

TEST(PointerTest, EscapesAndUnescapesSegments) {
  const std::string pointer = AppendSegment(AppendSegment("", "a/b"), "~1");

  EXPECT_EQ(pointer, "/a~1b/~01");
  EXPECT_EQ(SplitPointer(pointer).value(), (std::vector<std::string>{"a/b", "~1"}));
  EXPECT_EQ(LastSegment(pointer), "~1");
  EXPECT_EQ(TopLevelKey(pointer), "a/b");
}

TEST(PointerTest, ValidatesTheForm) {
  for (const char* good : {"", "/", "//", "/a", "/~0~1"})
    EXPECT_TRUE(ValidatePointer(good)) << good;
  for (const char* bad : {"a", "/~", "/~2", "/a~/b"})
    EXPECT_FALSE(ValidatePointer(bad)) << bad;
  EXPECT_FALSE(SplitPointer("a"));
}

TEST(PointerTest, EmptyKeysAreSegments) {
  EXPECT_EQ(SplitPointer("/").value(), std::vector<std::string>{""});
  EXPECT_EQ(SplitPointer("//a").value(), (std::vector<std::string>{"", "a"}));
  EXPECT_EQ(PointerDepth("//a"), 2U);
}

TEST(PointerTest, KnowsWhatIsBelow) {
  EXPECT_TRUE(IsAtOrBelow("/a", "/a"));
  EXPECT_TRUE(IsAtOrBelow("/a/b", "/a"));
  EXPECT_TRUE(IsAtOrBelow("/a", ""));
  EXPECT_FALSE(IsAtOrBelow("/ab", "/a"));
  EXPECT_FALSE(IsAtOrBelow("/a", "/a/b"));
}

TEST(PointerTest, FindsParentAndRoot) {
  EXPECT_EQ(ParentPointer("/a/b"), "/a");
  EXPECT_EQ(ParentPointer("/a"), "");
  EXPECT_EQ(ParentPointer("d"), "d");
  EXPECT_EQ(LastSegment("d"), "");
  EXPECT_FALSE(TopLevelKey("d"));
}

TEST(PointerTest, OrderKeepsSubtreesTogether) {
  std::vector<std::string> paths = {"d/a-b",   "d/a/b", "d/a",   "d", "d/a.c",
                                    "d/a/b/c", "d/b",   "d/a b", "m"};

  std::sort(paths.begin(), paths.end(), PathLess());

  EXPECT_EQ(paths, (std::vector<std::string>{"d", "d/a", "d/a/b", "d/a/b/c", "d/a b", "d/a-b",
                                             "d/a.c", "d/b", "m"}));
  EXPECT_FALSE(PathLess()("d/a", "d/a"));
}

}  // namespace
}  // namespace contextsync::pointer_test

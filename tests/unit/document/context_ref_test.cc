#include "core/document/context_ref.h"

#include <gtest/gtest.h>

namespace contextsync::context_ref_test {
namespace {

bool IsValid(Level level, std::string id) {
  return ValidateContextRef({level, std::move(id)}).ok();
}

TEST(ContextRefTest, NamesLevelsBothWays) {
  for (const Level level : kAllLevels)
    EXPECT_EQ(ParseLevel(ToString(level)), level);
  EXPECT_EQ(ToString(Level::kTask), "task");
  EXPECT_FALSE(ParseLevel("Task"));
}

TEST(ContextRefTest, ClimbsToGlobal) {
  EXPECT_EQ(ParentLevel(Level::kTask), Level::kBranch);
  EXPECT_EQ(ParentLevel(Level::kProject), Level::kGlobal);
  EXPECT_FALSE(ParentLevel(Level::kGlobal));
}

TEST(ContextRefTest, IdsAreOpaqueText) {
  for (const char* id : {"feature/jwt", "a", "..", "é", "日本", "😀", "github.com/acme/app"}) {
    EXPECT_TRUE(IsValid(Level::kBranch, id)) << id;
  }
  EXPECT_TRUE(IsValid(Level::kTask, std::string(200, 'x')));
}

TEST(ContextRefTest, RefusesWhatPeopleCannotRead) {
  EXPECT_FALSE(IsValid(Level::kTask, ""));
  EXPECT_FALSE(IsValid(Level::kTask, std::string(201, 'x')));
  EXPECT_FALSE(IsValid(Level::kTask, std::string("a\0b", 3)));
  for (const char* id : {"a\nb", "a\x7F", "\xC2\x85",
                         "a\xE2\x80\xAE"
                         "b",
                         "\xE2\x81\xA6", "\xE2\x80\x8F", "\xFF", "\xC3", "\xED\xA0\x80", "\xC0\x80",
                         "\xF4\x90\x80\x80"}) {
    EXPECT_FALSE(IsValid(Level::kTask, id)) << id;
  }
}

TEST(ContextRefTest, GlobalHasOneIdAndReservedOnes) {
  EXPECT_TRUE(IsValid(Level::kGlobal, "global"));
  EXPECT_TRUE(IsValid(Level::kGlobal, "_policy"));
  EXPECT_FALSE(IsValid(Level::kGlobal, "other"));
}

}  // namespace
}  // namespace contextsync::context_ref_test

#include "core/tools/item_list.h"

#include <gtest/gtest.h>

#include "core/base/limits.h"

namespace contextsync::item_list_test {
namespace {

TEST(ItemListTest, PageEndsBeforeTheItemThatIsTooMuch) {
  const std::vector<std::string> items(5, std::string(limits::kAnswerPageBytes / 3, 'x'));

  EXPECT_EQ(FittingItems(items), 2U);
}

TEST(ItemListTest, PageHoldsAtLeastOneItem) {
  EXPECT_EQ(FittingItems({std::string(limits::kAnswerPageBytes + 1, 'x'), "y"}), 1U);
  EXPECT_EQ(FittingItems({}), 0U);
}

TEST(ItemListTest, ItemsAreJoinedToOneList) {
  EXPECT_EQ(ListText({}), "[]");
  EXPECT_EQ(ListText({"1"}), "[1]");
  EXPECT_EQ(ListText({"1", "{}"}), "[1,{}]");
}

}  // namespace
}  // namespace contextsync::item_list_test

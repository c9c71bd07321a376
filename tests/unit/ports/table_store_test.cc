#include "core/ports/table_store.h"

#include <string>

#include <gtest/gtest.h>

namespace contextsync::table_store_test {
namespace {

TEST(PrefixEndTest, IsTheFirstKeyBehindThePrefix) {
  EXPECT_EQ(PrefixEnd("ab"), "ac");
  EXPECT_EQ(PrefixEnd(std::string("a\0", 2)), "a\x01");
}

TEST(PrefixEndTest, CarriesOverFullBytes) {
  EXPECT_EQ(PrefixEnd("a\xff\xff"), "b");
  EXPECT_EQ(PrefixEnd("\x7f"), "\x80");
}

TEST(PrefixEndTest, IsOpenWhereNothingIsBehind) {
  EXPECT_EQ(PrefixEnd(""), "");
  EXPECT_EQ(PrefixEnd("\xff\xff"), "");
}

}  // namespace
}  // namespace contextsync::table_store_test

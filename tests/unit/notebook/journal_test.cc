// What is asked of many journalled entries at once.

#include "core/notebook/journal.h"

#include <gtest/gtest.h>

#include "core/notebook/changeset.h"
#include "tests/unit/notebook/fixture.h"

namespace contextsync::test::journal_test {
namespace {

TEST(JournalTest, OfManyThatWaitOnlyTheYoungestIsAsked) {
  Desk desk;
  for (int i = 0; i < 100; ++i)
    desk.Update(Task("t1"), {{"a", i}});
  desk.Update(Task("t2"), {{"a", 1}});
  std::vector<EntryNumber> asked;

  const auto answer =
      journal::HoldsOfAll(StoreReader(desk.store), Task("t1"), [&](const JournalEntry& entry) {
        asked.push_back(entry.push.n);
        return entry.outcome.has_value();
      });

  ASSERT_TRUE(answer.ok());
  EXPECT_FALSE(answer.value());
  EXPECT_EQ(asked, std::vector{EntryNumber(100)});
}

TEST(JournalTest, WhatHoldsOfAllIsAskedOfEachEntryOfTheContext) {
  Desk desk;
  for (int i = 0; i < 3; ++i)
    desk.Update(Task("t1"), {{"a", i}});
  desk.Update(Task("t2"), {{"a", 1}});
  std::size_t asked = 0;

  const auto answer =
      journal::HoldsOfAll(StoreReader(desk.store), Task("t1"), [&](const JournalEntry& entry) {
        ++asked;
        return entry.push.context == Task("t1");
      });

  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE(answer.value());
  EXPECT_EQ(asked, 3U);
}

}  // namespace
}  // namespace contextsync::test::journal_test

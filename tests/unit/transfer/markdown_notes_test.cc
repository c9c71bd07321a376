#include "server/transfer/markdown_notes.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/document/json.h"

namespace contextsync::markdown_notes_test {
namespace {

Json SectionsOf(const std::string& text) {
  const auto notes = NotesFromMarkdown(text, "MEMORY.md");
  EXPECT_TRUE(notes.ok());
  return notes.ok() ? ParseStrict(notes.value()).value()["notes"]["MEMORY.md"] : Json();
}

TEST(MarkdownNotesTest, HeadingsBecomeKeysAndBulletsLists) {
  EXPECT_EQ(SectionsOf("# Style\nTabs.\n\n# Commands\n- build it\n- test it\n* ship it\n"),
            Json::parse(R"({"Style":"Tabs.","Commands":["build it","test it","ship it"]})"));
}

TEST(MarkdownNotesTest, HeadingsBelowStandInTheOneAbove) {
  EXPECT_EQ(SectionsOf("# A\nintro\n## B\nx\n### C ###\ny\n## D\n# E\n"),
            Json::parse(R"({"A":{"text":"intro","B":{"text":"x","C":"y"},"D":""},"E":""})"));
}

TEST(MarkdownNotesTest, WhatStandsBeforeTheFirstHeadingStays) {
  EXPECT_EQ(SectionsOf("---\nname: x\n---\n\n# A\nb\n"),
            Json::parse(R"({"text":"---\nname: x\n---","A":"b"})"));
  EXPECT_EQ(SectionsOf("just words"), Json::parse(R"({"text":"just words"})"));
}

TEST(MarkdownNotesTest, TextAmongBulletsKeepsItsPlace) {
  EXPECT_EQ(SectionsOf("# A\nfirst:\n- one\n  goes on\n  - below\n\n- two\n\nlast\n"),
            Json::parse(R"({"A":["first:","one\ngoes on\n- below","two","last"]})"));
}

TEST(MarkdownNotesTest, CodeIsNeitherHeadingNorList) {
  EXPECT_EQ(SectionsOf("# A\n```sh\n# no heading\n- no bullet\n```\n"),
            Json::parse(R"({"A":"```sh\n# no heading\n- no bullet\n```"})"));
  EXPECT_EQ(SectionsOf("# A\n- x\n  ~~~~\n  # no\n  ~~~\n  ~~~~\n- y\n"),
            Json::parse(R"({"A":["x\n~~~~\n# no\n~~~\n~~~~","y"]})"));
}

TEST(MarkdownNotesTest, OneHeadingTwiceIsTwoKeys) {
  EXPECT_EQ(SectionsOf("# A\n1\n# A\n2\n# text\n3\n#\n4\n"),
            Json::parse(R"x({"A":"1","A (2)":"2","text (2)":"3","-":"4"})x"));
}

TEST(MarkdownNotesTest, ALongHeadingIsCutAndKeptWhole) {
  const std::string heading = std::string(199, 'x') + "äöü";
  const auto sections = SectionsOf("# " + heading + "\nbody\n");

  EXPECT_EQ(sections.begin().key(), std::string(199, 'x'));
  EXPECT_EQ(*sections.begin(), heading + "\nbody");
}

TEST(MarkdownNotesTest, RulesAndTagsAreNoBulletsAndNoHeadings) {
  EXPECT_EQ(SectionsOf("# A\n---\n**bold**\n#tag\n-x\n"),
            Json::parse(R"({"A":"---\n**bold**\n#tag\n-x"})"));
}

TEST(MarkdownNotesTest, WindowsLineEndsCountAsOthers) {
  EXPECT_EQ(SectionsOf("# A\r\n- b\r\n- c\r\n"), Json::parse(R"({"A":["b","c"]})"));
}

TEST(MarkdownNotesTest, RefusesWhatIsNotUtf8) {
  EXPECT_FALSE(NotesFromMarkdown("# A\n\xff\n", "x.md").ok());
}

}  // namespace
}  // namespace contextsync::markdown_notes_test

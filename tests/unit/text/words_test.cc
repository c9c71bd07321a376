#include "core/text/words.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/text/word_counts.h"

namespace contextsync::words_test {
namespace {

std::vector<std::string> Texts(std::string_view text) {
  std::vector<std::string> texts;
  for (const Word& word : WordsOf(text))
    texts.push_back(word.text);
  return texts;
}

using Expected = std::vector<std::string>;

TEST(WordsTest, LettersAndDigitsMakeWordsAllElseParts) {
  EXPECT_EQ(Texts("files_read: core/a.cc, v2-beta (10%)"),
            (Expected{"files", "read", "core", "a", "cc", "v2", "beta", "10"}));
  EXPECT_EQ(Texts(""), Expected{});
  EXPECT_EQ(Texts(" .,;-_*\"'\n\t"), Expected{});
}

TEST(WordsTest, SaysWhereAWordStands) {
  const std::vector<Word> words = WordsOf("a «Größe»!");

  ASSERT_EQ(words.size(), 2U);
  EXPECT_EQ(words[1].text, "größe");
  EXPECT_EQ(words[1].begin, 4U);
  EXPECT_EQ(words[1].end, 11U);
}

TEST(WordsTest, FoldsLatinGreekCyrillicAndArmenian) {
  EXPECT_EQ(Texts("ÄÖÜ ÉÑ Ÿ Ž Ļ ẞ"), (Expected{"äöü", "éñ", "ÿ", "ž", "ļ", "ß"}));
  EXPECT_EQ(Texts("ΆΈΉ ΌΎΏ ΣΟΦΟΣ σοφος σοφός"),
            (Expected{"άέή", "όύώ", "σοφοσ", "σοφοσ", "σοφόσ"}));
  EXPECT_EQ(Texts("ЁЖИК Ґанок Ӂ"), (Expected{"ёжик", "ґанок", "ӂ"}));
  EXPECT_EQ(Texts("Երևան ＡＢＣ İstanbul"), (Expected{"երևան", "ａｂｃ", "istanbul"}));
  EXPECT_EQ(Texts("ß ς ω я ÷ × ı"), (Expected{"ß", "σ", "ω", "я", "ı"}));
}

TEST(WordsTest, EachIdeographIsAWord) {
  EXPECT_EQ(Texts("東京tower、カタ・한국어"),
            (Expected{"東", "京", "tower", "カ", "タ", "한국어"}));
  EXPECT_EQ(Texts("ship🚀it"), (Expected{"ship", "🚀", "it"}));
  EXPECT_EQ(Texts("𠮷野"), (Expected{"𠮷", "野"}));
}

TEST(WordsTest, ALongWordCountsAsItsBeginning) {
  const std::string long_word(100'000, 'x');

  const std::vector<Word> words = WordsOf(long_word + " end");

  ASSERT_EQ(words.size(), 2U);
  EXPECT_EQ(words[0].text, std::string(kWordBytes, 'x'));
  EXPECT_EQ(words[0].end, long_word.size());
  // Cut between characters, and nothing that would still fit comes after the cut.
  EXPECT_EQ(Texts(std::string(kWordBytes - 1, 'y') + "éz"),
            Expected{std::string(kWordBytes - 1, 'y')});
}

TEST(WordsTest, BytesThatAreNoTextPart) {
  EXPECT_EQ(Texts("a\xff"
                  "b\xc3"),
            (Expected{"a", "b"}));
}

TEST(WordCountsTest, CountsIdKeysAndTextsOnly) {
  const Json data = {{"Title", "Fix login, fix it"},
                     {"files_read", {"login.cc", 7, true, nullptr}},
                     {"nested", {{"owner", "ann"}}}};

  const WordCounts counts = CountWords("fix-1", data);

  std::vector<std::pair<std::string, std::uint32_t>> found;
  for (const WordCount& word : counts.words) {
    if (!word.word.starts_with(kUncounted)) found.emplace_back(word.word, word.count);
  }
  const decltype(found) expected = {{"1", 1},     {"ann", 1},  {"cc", 1},    {"files", 1},
                                    {"fix", 3},   {"it", 1},   {"login", 2}, {"nested", 1},
                                    {"owner", 1}, {"read", 1}, {"title", 1}};
  EXPECT_EQ(found, expected);
  EXPECT_EQ(counts.length, 14U);
}

TEST(WordCountsTest, HoldsNumbersTruthValuesAndNullUnderTheirKeys) {
  const WordCounts counts = CountWords("t", {{"n", {7, {1e3}}}, {"deep", {{"done", true}}}});

  EXPECT_EQ(counts.words.at(0).word, ValueWord("done", true));
  EXPECT_EQ(counts.words.at(1).word, ValueWord("n", 1000));
  EXPECT_EQ(counts.words.at(2).word, ValueWord("n", 7));
  EXPECT_EQ(counts.length, 4U) << "they rank nothing";
  EXPECT_EQ(ValueWord(std::string(100, 'k'), 1).size(), kWordBytes);
  EXPECT_EQ(ValueWord(std::string("k\0", 2), 1).find('\0'), std::string::npos);
}

TEST(WordCountsTest, SaysWhenItLeavesOutValues) {
  Json numbers = Json::array();
  for (std::size_t i = 0; i <= kCountedValues; ++i)
    numbers.push_back(i);

  const WordCounts counts = CountWords("t", {{"n", numbers}});

  EXPECT_EQ(counts.words.front().word, kUncounted);
  EXPECT_EQ(counts.words.size(), kCountedValues + 3);  // and the id, and the key
}

TEST(WordCountsTest, KnowsWhatFollowsAWordInOneText) {
  const WordCounts counts = CountWords("a", {{"k", "a b a c a b"}, {"l", {"a", "d"}}});

  ASSERT_EQ(counts.words.front().word, "a");
  std::string expected = {FollowerByte("b"), FollowerByte("c")};
  std::sort(expected.begin(), expected.end(), std::char_traits<char>::lt);
  EXPECT_EQ(counts.words.front().followers, expected);
  EXPECT_EQ(counts.words.back().word, "l");
  EXPECT_EQ(counts.words.back().followers, "");
}

TEST(WordCountsTest, AFollowerIsTheSameByteEverywhere) {
  EXPECT_EQ(static_cast<std::uint8_t>(FollowerByte("token")), 0x35);
  EXPECT_NE(FollowerByte("refresh"), FollowerByte("token"));
}

TEST(WordCountsTest, HoldsABoundedNumberOfWords) {
  std::string text;
  for (std::size_t i = 0; i < kCountedWords + 500; ++i)
    text += "w" + std::to_string(i) + " ";

  const WordCounts counts = CountWords("id", {{"text", text}});

  EXPECT_EQ(counts.words.front().word, kUncounted);
  EXPECT_EQ(counts.words.size(), kCountedWords + 1);
  EXPECT_EQ(counts.length, kCountedWords);
}

}  // namespace
}  // namespace contextsync::words_test

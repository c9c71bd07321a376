#include "core/text/word_counts.h"

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/text/fields.h"
#include "core/text/words.h"

namespace contextsync {

namespace {

/// Counts the words of one context, text by text.
class WordCounter {
 public:
  void Take(std::string_view text) {
    WordCount* previous = nullptr;
    for (WordReader reader(text); reader.Next(word_);) {
      if (previous != nullptr) AddFollower(previous->followers, FollowerByte(word_.text));
      previous = CountOf(word_.text);
      if (previous == nullptr) continue;
      ++previous->count;
      ++length_;
    }
  }

  /// Recursion is as deep as the data, which limits::kDataDepth bounds.
  void TakeValues(std::string_view key, const Json& value) {
    if (value.is_object()) {
      for (auto member = value.begin(); member != value.end(); ++member)
        TakeValues(member.key(), *member);
    } else if (value.is_array()) {
      for (const Json& element : value)
        TakeValues(key, element);
    } else if (!value.is_string()) {
      values_.insert(values_.size() < kCountedValues ? ValueWord(key, value)
                                                     : std::string(kUncounted));
    }
  }

  WordCounts Finish() {
    WordCounts result;
    for (const std::string& word : values_)
      result.words.push_back({word, 1, {}});
    result.length = length_;
    for (auto& [word, count] : counts_)
      result.words.push_back({word, count.count, std::move(count.followers)});
    std::sort(result.words.begin(), result.words.end(),
              [](const WordCount& left, const WordCount& right) { return left.word < right.word; });
    return result;
  }

 private:
  /// Nothing for a word beyond those that are counted.
  WordCount* CountOf(const std::string& word) {
    auto found = counts_.find(word);
    if (found == counts_.end()) {
      if (counts_.size() >= kCountedWords) {
        values_.emplace(kUncounted);
        return nullptr;
      }
      found = counts_.emplace(word, WordCount{}).first;
    }
    return &found->second;
  }

  static void AddFollower(std::string& followers, char follower) {
    const auto at =
        std::lower_bound(followers.begin(), followers.end(), follower, std::char_traits<char>::lt);
    if (at == followers.end() || *at != follower) followers.insert(at, follower);
  }

  std::unordered_map<std::string, WordCount> counts_;
  std::unordered_set<std::string> values_;
  std::uint64_t length_ = 0;
  Word word_;
};

}  // namespace

char FollowerByte(std::string_view word) {
  std::uint32_t hash = 2'166'136'261U;  // FNV-1a, its four bytes folded into one
  for (const char c : word)
    hash = (hash ^ static_cast<std::uint8_t>(c)) * 16'777'619U;
  hash ^= hash >> 16U;
  return static_cast<char>(static_cast<std::uint8_t>(hash ^ (hash >> 8U)));
}

WordCounts CountWords(std::string_view id, const Json& data) {
  WordCounter counter;
  VisitFields(id, data, [&counter](std::string_view text, const FieldPlace& /*place*/) {
    counter.Take(text);
  });
  counter.TakeValues("", data);
  return counter.Finish();
}

std::string ValueWord(std::string_view key, const Json& value) {
  std::string word(kUncounted);
  word.append(key).append(kUncounted).append(CanonicalBytes(value));
  if (word.size() > kWordBytes) word.resize(kWordBytes);
  std::replace(word.begin(), word.end(), '\0', '\x01');  // ends a word in a row's key
  return word;
}

}  // namespace contextsync

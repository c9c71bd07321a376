#include "core/text/word_counts.h"

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "core/text/fields.h"
#include "core/text/words.h"

namespace contextsync {

WordCounts CountWords(std::string_view id, const Json& data) {
  std::unordered_map<std::string, std::uint32_t> counts;
  WordCounts result;
  Word word;
  VisitFields(id, data, [&](std::string_view text, const FieldPlace& /*place*/) {
    for (WordReader reader(text); reader.Next(word);) {
      auto found = counts.find(word.text);
      if (found == counts.end()) {
        if (counts.size() >= kCountedWords) continue;
        found = counts.emplace(word.text, 0).first;
      }
      ++found->second;
      ++result.length;
    }
  });
  result.words.assign(counts.begin(), counts.end());
  std::sort(result.words.begin(), result.words.end());
  return result;
}

}  // namespace contextsync

#include "core/notebook/filter_terms.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "core/document/pointer.h"
#include "core/text/word_counts.h"

namespace contextsync {

namespace {

// Each costs a look at up to a row for 256 contexts.
constexpr std::size_t kMostWords = 16;

/// The smallest data that matches the filter: `wanted` under its keys.
std::optional<Json> DataWith(const std::string& pointer, const Json& wanted) {
  const auto segments = KeysOfFilter(pointer);
  if (!segments) return std::nullopt;
  Json data = wanted;
  for (auto segment = segments->rbegin(); segment != segments->rend(); ++segment)
    data = Json{{*segment, std::move(data)}};
  return data;
}

/// A value says more than a text's word, a long word more than a short one.
bool SaysMore(const std::string& left, const std::string& right) {
  const auto rank = [](const std::string& word) {
    return std::pair(word.starts_with(kUncounted), word.size());
  };
  return rank(left) != rank(right) ? rank(left) > rank(right) : left < right;
}

}  // namespace

std::optional<std::vector<std::string>> KeysOfFilter(const std::string& pointer) {
  const bool is_pointer = pointer.empty() || pointer.front() == '/';
  return is_pointer ? SplitPointer(pointer) : std::optional<std::vector<std::string>>({pointer});
}

std::vector<std::string> WordsOfFilters(const std::vector<std::pair<std::string, Json>>& filters) {
  std::set<std::string, decltype(&SaysMore)> words(&SaysMore);
  for (const auto& [pointer, wanted] : filters) {
    const auto data = DataWith(pointer, wanted);
    if (!data) continue;
    for (WordCount& word : CountWords("", *data).words)
      words.insert(std::move(word.word));
  }
  words.erase(std::string(kUncounted));
  const auto end =
      std::next(words.begin(), static_cast<std::ptrdiff_t>(std::min(words.size(), kMostWords)));
  return {words.begin(), end};
}

FilterTerms::FilterTerms(const std::vector<std::pair<std::string, Json>>& filters) {
  for (const auto& [pointer, wanted] : filters)
    Add(wanted);
}

/// Cells and list elements hold their values as canonical text, whole or inside a larger value.
void FilterTerms::Add(const Json& wanted) {
  if (wanted.is_structured()) {
    for (const auto& element : wanted)
      Add(element);
    return;
  }
  std::string text = CanonicalBytes(wanted);
  // The quotes are everywhere: without them a mismatch shows sooner.
  if (wanted.is_string()) text = text.substr(1, text.size() - 2);
  if (!text.empty()) terms_.push_back(std::move(text));
}

bool FilterTerms::MayMatch(std::string_view cells) const {
  return std::all_of(terms_.begin(), terms_.end(), [cells](const std::string& term) {
    return cells.find(term) != std::string_view::npos;
  });
}

}  // namespace contextsync

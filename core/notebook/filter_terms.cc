#include "core/notebook/filter_terms.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace contextsync {

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

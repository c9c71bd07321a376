// FilterTerms: what must occur in a context's encoded cells if it matches a list's filters. Most
// contexts are told to be out without decoding them.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/document/json.h"

namespace contextsync {

/// The keys on the way to a filter's value: of a JSON Pointer, or the name of a top-level key
/// alone.
std::optional<std::vector<std::string>> KeysOfFilter(const std::string& pointer);

/// Words that the search index has of every context which matches all filters, the most telling
/// ones. None: nothing can be said.
std::vector<std::string> WordsOfFilters(const std::vector<std::pair<std::string, Json>>& filters);

class FilterTerms {
 public:
  /// JSON Pointer → wanted value.
  explicit FilterTerms(const std::vector<std::pair<std::string, Json>>& filters);

  /// True when nothing can be said: every context may match.
  [[nodiscard]] bool empty() const { return terms_.empty(); }

  /// Never false for a context that matches. `cells` is EncodeState of what is shown.
  [[nodiscard]] bool MayMatch(std::string_view cells) const;

 private:
  void Add(const Json& wanted);

  std::vector<std::string> terms_;
};

}  // namespace contextsync

// Snippets: the places of a context that answer a query, shown with the words marked «so».

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/document/json.h"
#include "core/text/text_query.h"

namespace contextsync {

inline constexpr std::size_t kSnippetsPerContext = 3;

struct Snippet {
  std::string path;  // as FieldPlace::Text
  std::string text;  // one line, cut with … around the first match
};

/// The texts that match most terms, in their order. Nothing when a term occurs nowhere: the context
/// does not answer the query.
std::optional<std::vector<Snippet>> FindSnippets(const TextQuery& query, std::string_view id,
                                                 const Json& data);

}  // namespace contextsync

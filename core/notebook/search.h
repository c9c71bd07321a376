// Search: answers a text query from the index, best contexts first. Source: docs/tools.md#search

#pragma once

#include "core/notebook/document.h"
#include "core/notebook/refusal.h"
#include "core/notebook/requests.h"
#include "core/text/text_query.h"

namespace contextsync {

struct SearchSource {
  const TableReader& tables;
  const DocumentSource& documents;
  keys::Generation generation = 0;
  bool has_hub = false;
};

/// A page of what holds all of `text`. Precondition: no context is marked for the index.
/// Refuses a cursor `search` did not give out for this query, and a prefix of too many words.
Checked<SearchPage> ReadSearch(const SearchSource& source, const SearchQuery& query,
                               const TextQuery& text);

}  // namespace contextsync

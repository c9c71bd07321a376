// Listing: the contexts of one level, newest first, a bounded piece at a time.

#pragma once

#include <functional>

#include "core/notebook/document.h"
#include "core/notebook/requests.h"

namespace contextsync {

struct ListSource {
  const TableReader& tables;
  const DocumentSource& documents;
  keys::Generation generation = 0;
  bool has_hub = false;
  bool has_parked = false;  // then cells may not be what is shown
  /// Brings the search index up to date; false if that cannot be.
  std::function<bool()> update_index;
};

/// Errors: kInvalidArgument for a bad cursor.
Result<ListPage> ReadList(const ListSource& source, const ListQuery& query);

/// What people are told of a context.
ContextInfo InfoOf(const ContextRef& ref, const DocumentHeader& header, bool has_hub);

/// True when the value at `pointer` (a JSON Pointer, or the name of a top-level key) equals
/// `wanted` in canonical form, or is a list that contains it.
bool MatchesFilter(const Json& data, const std::string& pointer, const Json& wanted);

}  // namespace contextsync

// Short ways to search a notebook.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/unit/notebook/fixture.h"

namespace contextsync::test {

inline SearchPage Ask(const Notebook& notebook, SearchQuery query) {
  auto page = notebook.Search(query);
  EXPECT_TRUE(page.ok()) << page.failure().message;
  return page.ok() ? std::move(page).value() : SearchPage{};
}

inline SearchPage Ask(const Notebook& notebook, const std::string& text) {
  SearchQuery query;
  query.text = text;
  return Ask(notebook, query);
}

inline std::vector<std::string> Ids(const SearchPage& page) {
  std::vector<std::string> ids;
  for (const SearchHit& hit : page.hits)
    ids.push_back(hit.info.context.id);
  return ids;
}

using Names = std::vector<std::string>;

}  // namespace contextsync::test

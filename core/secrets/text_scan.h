// Finds secrets in a text: tokens by their form, passwords in addresses, private keys, and values
// beside names that promise a secret. One pass; every look ahead or back is bounded.

#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace contextsync::secrets {

struct Match {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view kind;  // of a constant
};

/// In the order of the text, not overlapping.
std::vector<Match> FindInText(std::string_view text);

/// As above; `name` is the key the whole text stands under.
std::vector<Match> FindInValue(std::string_view name, std::string_view text);

}  // namespace contextsync::secrets

// Lists of an answer: each item is text already, so that a page can end where it is full.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace contextsync {

/// How many of `items` a page holds within limits::kAnswerPageBytes; at least one, if there are
/// any.
std::size_t FittingItems(const std::vector<std::string>& items);

/// The items as one JSON list.
std::string ListText(const std::vector<std::string>& items);

}  // namespace contextsync

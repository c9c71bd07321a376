#include "core/tools/item_list.h"

#include "core/base/limits.h"

namespace contextsync {

std::size_t FittingItems(const std::vector<std::string>& items) {
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (const auto& item : items) {
    bytes += item.size() + 1;
    if (bytes > limits::kAnswerPageBytes && count > 0) break;
    ++count;
  }
  return count;
}

std::string ListText(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const auto& item : items) {
    if (text.size() > 1) text += ',';
    text += item;
  }
  return text += ']';
}

}  // namespace contextsync

#include "core/notebook/children.h"

#include <utility>

#include "core/notebook/tables.h"

namespace contextsync {

Result<std::vector<ContextRef>> ChildrenOf(const TableReader& tables, keys::Generation generation,
                                           const ContextRef& parent) {
  std::vector<ContextRef> children;
  bool is_damaged = false;
  const auto collect = [&](std::string_view key, std::string_view) {
    auto child = keys::ParseChild(key);
    is_damaged = !child.has_value();
    // A link from elsewhere than further down, which no lawful writer makes, would lead in circles.
    if (child && child->level > parent.level) children.push_back(std::move(*child));
    return !is_damaged;
  };
  CONTEXTSYNC_RETURN_IF_ERROR(
      tables.Scan(tables::kChildren, PrefixRange(keys::Children(generation, parent)), collect));
  if (is_damaged) return Error(ErrorCode::kCorruption, "a parent link is damaged");
  return children;
}

}  // namespace contextsync

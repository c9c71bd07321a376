#include "core/tools/planned_parents.h"

#include <utility>

namespace contextsync {

std::optional<ContextRef> PlannedParents::ParentOf(const ContextRef& context) const {
  if (const auto planned = planned_.find(context); planned != planned_.end())
    return planned->second;
  if (!cascaded_.empty() && IsBelowDeleted(context)) return std::nullopt;
  return stored_.ParentOf(context);
}

bool PlannedParents::IsBelowDeleted(ContextRef context) const {
  while (auto above = stored_.ParentOf(context)) {
    if (cascaded_.contains(*above)) return true;
    // A link from elsewhere than further up, which no lawful writer makes, would lead in circles.
    if (above->level >= context.level) return false;
    context = std::move(*above);
  }
  return false;
}

void PlannedParents::Note(const ContextWrite& write) {
  if (write.resolution || write.revert_to) return;
  if (write.update.erase_context) {
    NoteDeletion(write.context, write.cascade);
  } else {
    NoteChain(write);
  }
}

void PlannedParents::NoteDeletion(const ContextRef& context, bool cascade) {
  planned_[context] = std::nullopt;
  if (!cascade) return;
  cascaded_.insert(context);
  std::set<ContextRef> deleted = {context};
  // Levels ascend along the map, so parents come before their children.
  for (auto& [ref, parent] : planned_) {
    if (!parent || !deleted.contains(*parent)) continue;
    deleted.insert(ref);
    parent = std::nullopt;
  }
}

void PlannedParents::NoteChain(const ContextWrite& write) {
  if (write.parents.empty()) return;
  if (write.update.parent || !ParentOf(write.context))
    planned_[write.context] = write.parents.back();
  for (std::size_t i = write.parents.size() - 1; i > 0; --i) {
    if (!ParentOf(write.parents[i])) planned_[write.parents[i]] = write.parents[i - 1];
  }
}

}  // namespace contextsync

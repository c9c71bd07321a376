// PlannedParents: who is whose parent once the writes planned so far are done, so that each write
// of a batch is completed as if those before it were there already.

#pragma once

#include <map>
#include <optional>
#include <set>

#include "core/tools/target.h"

namespace contextsync {

/// What a revert brings back counts as absent: only history knows its parent.
/// Lifetime: `notebook` must outlive it.
class PlannedParents final : public ParentLookup {
 public:
  explicit PlannedParents(const Notebook& notebook) : stored_(notebook) {}

  [[nodiscard]] std::optional<ContextRef> ParentOf(const ContextRef& context) const override;

  /// Takes `write` for done.
  void Note(const ContextWrite& write);

 private:
  [[nodiscard]] bool IsBelowDeleted(ContextRef context) const;
  void NoteDeletion(const ContextRef& context, bool cascade);
  void NoteChain(const ContextWrite& write);

  const StoredParents stored_;
  std::map<ContextRef, std::optional<ContextRef>> planned_;  // nothing: deleted
  std::set<ContextRef> cascaded_;  // everything stored below these is deleted too
};

}  // namespace contextsync

// Target: which context a call means, and the parents it gets when it is new. Source:
// docs/tools.md#ids-left-out

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/notebook/notebook.h"
#include "core/tools/argument_reader.h"
#include "core/tools/identity.h"

namespace contextsync {

/// The context a call names, ids still as the caller left them.
struct Target {
  Level level = Level::kTask;
  std::optional<std::string> id;
  std::optional<std::string> parent_id;  // as the caller gave it
  std::string parent_project;            // of a task's branch; empty: from git
};

/// Reads `level`, if given.
std::optional<Level> ReadLevel(ArgumentReader& in);

/// Reads `level`, `context_id` and, if used, `parent_id`; refuses what can be refused without the
/// notebook.
Target ReadTarget(ArgumentReader& in, const Identity& identity);

/// Who is whose parent.
class ParentLookup {
 public:
  virtual ~ParentLookup() = default;

  /// Nothing: no such context, or it has none.
  [[nodiscard]] virtual std::optional<ContextRef> ParentOf(const ContextRef& context) const = 0;
};

/// As committed. Lifetime: `notebook` must outlive it.
class StoredParents final : public ParentLookup {
 public:
  explicit StoredParents(const Notebook& notebook) : notebook_(notebook) {}
  [[nodiscard]] std::optional<ContextRef> ParentOf(const ContextRef& context) const override;

 private:
  const Notebook& notebook_;
};

/// The full reference. Precondition: ReadTarget refused nothing.
ContextRef ResolveTarget(const Target& target, const Identity& identity,
                         const ParentLookup& parents);
ContextRef ResolveTarget(const Target& target, const Identity& identity, const Notebook& notebook);

/// The parent at `level` of a context that does not exist yet, when the caller names none.
ContextRef DefaultParent(Level level, const Target& target, const Identity& identity,
                         const ParentLookup& parents);

/// The chain above `context`, farthest first, its parent last; empty for global.
std::vector<ContextRef> ParentsOf(const ContextRef& context, const Target& target,
                                  const Identity& identity, const ParentLookup& parents);

}  // namespace contextsync

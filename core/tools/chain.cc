#include "core/tools/chain.h"

#include <algorithm>

namespace contextsync {

namespace {

/// Above a project there is one context only, whatever another build may have stored.
ContextRef Ordinary(ContextRef parent) {
  if (parent.level == Level::kGlobal) parent.id = "global";
  return parent;
}

Checked<Chain> ReadOnce(const ContextRef& context, const Target& target, const Identity& identity,
                        const Notebook& notebook) {
  Chain chain;
  chain.target = context;
  auto at = context;
  for (bool is_target = true;; is_target = false) {
    auto lookup = notebook.Read(at);
    if (!lookup.ok()) return std::move(lookup).failure();
    auto& [found, deleted] = lookup.value();
    const auto level = ParentLevel(at.level);
    std::optional<ContextRef> parent;
    if (level) {
      parent = found && found->info.parent
                   ? Ordinary(*found->info.parent)
                   : DefaultParent(*level, target, identity, StoredParents(notebook));
    }
    if (is_target) {
      chain.parent = parent;
      chain.has_target = found.has_value();
      chain.deleted = std::move(deleted);
    }
    if (found) chain.levels.push_back(std::move(*found));
    if (!parent) break;
    at = std::move(*parent);
  }
  std::reverse(chain.levels.begin(), chain.levels.end());
  return chain;
}

}  // namespace

Checked<Chain> ReadChain(const ContextRef& context, const Target& target, const Identity& identity,
                         const Notebook& notebook) {
  // A write of several contexts is seen whole or not at all, unless writes follow each other
  // faster than four contexts can be read.
  constexpr int kTries = 4;
  auto before = notebook.Latest();
  for (int left = kTries;; --left) {
    auto chain = ReadOnce(context, target, identity, notebook);
    const auto after = notebook.Latest();
    if (!chain.ok() || after == before || left == 1) return chain;
    before = after;
  }
}

}  // namespace contextsync

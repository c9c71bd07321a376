#include "core/document/compile.h"

#include <algorithm>
#include <set>

#include "core/document/compiler.h"
#include "core/document/element_key.h"
#include "core/document/mutant.h"
#include "core/document/patch.h"
#include "core/document/update_check.h"

namespace contextsync {
namespace {

using KeySet = std::set<std::string>;

// What the caller sent, key by key, and whether it did anything.
class SentKeys {
 public:
  SentKeys(const Update& update, const View& before) {
    if (!update.data.is_object()) return;
    for (const auto& [key, value] : update.data.items()) {
      const bool deletes_nothing = value.is_null() && !before.data.contains(key);
      (deletes_nothing ? ignored_ : stored_).insert(key);
    }
  }

  void AddRemoval(const std::string& pointer, bool is_list) {
    if (const auto key = TopLevelKey(pointer)) (is_list ? stored_ : ignored_).insert(*key);
  }

  void Report(const Update& update, Compiled& result) {
    for (const std::string& key : KeySet(stored_)) {
      if (IsEmptyListWithoutEffect(update.data, key, result.view)) Demote(key);
    }
    result.stored_keys.assign(stored_.begin(), stored_.end());
    std::set_difference(ignored_.begin(), ignored_.end(), stored_.begin(), stored_.end(),
                        std::back_inserter(result.ignored_keys));
  }

 private:
  static bool IsEmptyListWithoutEffect(const Json& data, const std::string& key,
                                       const View& after) {
    if (!data.is_object() || !data.contains(key)) return false;
    const Json& sent = data[key];
    if (!after.data.contains(key)) return false;
    const Json& seen = after.data[key];
    return sent.is_array() ? sent.empty() && seen != sent : HoldsUnheardList(sent, seen);
  }

  /// An empty list says nothing where something else than a list stands: below it, not all reads as
  /// asked.
  static bool HoldsUnheardList(const Json& sent, const Json& seen) {
    if (sent.is_array()) return sent.empty() && !seen.is_array();
    if (!sent.is_object() || !seen.is_object()) return false;
    for (const auto& [key, member] : sent.items()) {
      const auto below = seen.find(key);
      if (below != seen.end() && HoldsUnheardList(member, *below)) return true;
    }
    return false;
  }

  void Demote(const std::string& key) {
    stored_.erase(key);
    ignored_.insert(key);
  }

  KeySet stored_;
  KeySet ignored_;
};

std::string ParentBytes(const ContextRef& parent) {
  return CanonicalBytes(Json{{"level", ToString(parent.level)}, {"context_id", parent.id}});
}

void CompileErase(Draft& draft) {
  for (const std::string_view root : {kDataRoot, kMetaRoot}) {
    draft.PutClear(std::string(root));
    draft.PutHead(std::string(root), CellKind::kDel);
  }
}

// Our own tree: a context that comes into sight gets its parent and its birth, one that moves a new
// parent.
void CompileMeta(Draft& draft, const Update& update, const View& before) {
  const bool exists = Locate(draft.state(), kDataRoot).kind == CellKind::kObj;
  const bool is_first = exists && !before.exists;
  const bool moves = exists && update.parent && update.parent != before.parent;
  if (!is_first && !moves) return;
  draft.PutHead(std::string(kMetaRoot), CellKind::kObj);
  if (update.parent)
    draft.PutHead(std::string(kMetaParent), CellKind::kAtom, ParentBytes(*update.parent));
  if (!is_first) return;
  draft.PutHead(std::string(kMetaCreated), CellKind::kList);
  draft.AddElement(std::string(kMetaCreated), std::string(kCreatedKey), "1");
}

void CompileContent(Draft& draft, const Update& update, const CompileRules& rules, SentKeys& sent) {
  Compiler compiler(draft, rules);
  auto removals = update.remove;
  std::sort(removals.begin(), removals.end(),
            [](const auto& left, const auto& right) { return left.first < right.first; });
  for (const auto& [pointer, values] : removals) {
    sent.AddRemoval(pointer, compiler.Remove(DataPath(pointer), values));
  }
  if (update.data.is_object()) compiler.Compile(std::string(kDataRoot), update.data);
}

void AddKeys(KeySet& keys, const Json& data) {
  for (const auto& [key, unused] : data.items())
    keys.insert(key);
}

// Top-level keys that the delta touches; all of them when it clears the root.
KeySet TouchedKeys(const Delta& delta, const View& before) {
  KeySet keys;
  const Cell* root = FindCell(delta, kDataRoot);
  if (root != nullptr && !root->clr.IsNever()) AddKeys(keys, before.data);
  for (const auto& [path, unused] : delta.cells) {
    const auto key = IsDataPath(path) ? TopLevelKey(path) : std::nullopt;
    if (key) keys.insert(*key);
  }
  return keys;
}

void WriteDraft(Draft& draft, const Update& update, const View& before, const CompileRules& rules,
                SentKeys& sent) {
  if (update.erase_context) {
    if (before.exists) CompileErase(draft);
    return;
  }
  CompileContent(draft, update, rules, sent);
  CompileMeta(draft, update, before);
}

// Only removals can cancel out with what follows them; every other row has tested its own effect.
bool MayCancelOut(const Update& update) {
  return !update.remove.empty() && !update.erase_context &&
         !MutantActive(Mutant::kNoOpNotSuppressed);
}

}  // namespace

std::string_view ToString(CompileFault fault) {
  switch (fault) {
    case CompileFault::kInvalid:
      return "argument";
    case CompileFault::kListLength:
      return "list_elements";
    case CompileFault::kContextBytes:
      return "context_bytes";
    case CompileFault::kKeyBytes:
      return "key_bytes";
    case CompileFault::kDepth:
      return "depth";
  }
  return "argument";
}

Outcome<Compiled, CompileError> Compile(State state, View view, const Update& update,
                                        const Policy& policy, const WriteStamp& stamp) {
  if (!update.erase_context) {
    if (auto fault = CheckUpdate(update)) return *std::move(fault);
  }
  Draft draft(std::move(state), stamp.hlc, stamp.device);
  SentKeys sent(update, view);
  WriteDraft(draft, update, view, CompileRules(policy, stamp.level, update), sent);

  const std::optional<View> before = MayCancelOut(update) ? std::optional(view) : std::nullopt;
  const KeySet touched = TouchedKeys(draft.delta(), view);
  PatchView(view, draft.state(), draft.delta(), draft.FindKeptShapes());
  if (before == view) draft.RollBack({});
  if (auto fault = CheckGrowth(draft, view)) return *std::move(fault);

  Compiled result;
  result.changed = !draft.delta().cells.empty();
  if (result.changed) result.changed_keys.assign(touched.begin(), touched.end());
  result.view = std::move(view);
  if (!update.erase_context) sent.Report(update, result);
  result.delta = draft.TakeDelta();
  result.after = draft.TakeState();
  return result;
}

}  // namespace contextsync

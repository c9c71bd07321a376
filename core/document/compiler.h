// Compiler: one update, path by path, into a draft. Every row of docs/sync_protocol.md#compile is a
// function here.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/document/compile_rules.h"
#include "core/document/draft.h"
#include "core/document/visible.h"

namespace contextsync {

class Compiler {
 public:
  Compiler(Draft& draft, const CompileRules& rules) : draft_(draft), rules_(rules) {}

  /// Compiles `value` at a path of the data tree.
  void Compile(const std::string& path, const Json& value);

  /// Removes every visible element of the list at `path` that equals one of `values`.
  /// False when no list is shown there.
  bool Remove(const std::string& path, const std::vector<Json>& values);

 private:
  void CompileNull(const std::string& path);
  void CompileScalar(const std::string& path, const Json& value);
  void CompileObject(const std::string& path, const Json& value);
  void CompileMembers(const std::string& path, const Json& value);
  void CompileAtom(const std::string& path, const Json& value);
  void CompileReplaced(const std::string& path, const Json& value);
  void CompileGrowingList(const std::string& path, const Json& value, ListPolicy policy);
  void ReplaceList(const std::string& path, const Json& value);
  void ExplodeObject(const std::string& path, const Json& seen, const Json& update);
  void ExplodeList(const std::string& path, const Json& seen, const Json& values,
                   ListPolicy policy);

  // Content at a path where nothing is shown any more.
  void WriteFresh(const std::string& path, const Json& value);
  void WriteAtom(const std::string& path, const Json& value);
  void AddByOccurrence(const std::string& path, const Json& values);
  bool AddNewValues(const std::string& path, const Json& values, ListPolicy policy, bool has_head);
  [[nodiscard]] bool IsRepeat(const std::string& path, const Json& value, const std::string& bytes,
                              ListPolicy policy) const;

  // Removes inside the atom at `atom_path`, at `pointer` below it.
  bool RemoveInAtom(const std::string& atom_path, std::string_view pointer,
                    const std::vector<Json>& values);
  void RemoveFromList(const std::string& path, const std::vector<Json>& values);

  [[nodiscard]] Place Look(const std::string& path) const { return Locate(draft_.state(), path); }
  [[nodiscard]] bool Shows(const std::string& path, const Place& place, const Json& value) const;
  [[nodiscard]] bool HasHiddenContent(const std::string& path, const Stamp& floor) const;
  void ClearForKindChange(const std::string& path);

  // Objects entered on the way down. An assertion below renews their heads, so that it revives a
  // path that somebody deleted meanwhile; a deletion does not.
  void Enter(const std::string& path, bool has_head);
  void Leave();
  void Assert();

  Draft& draft_;
  const CompileRules& rules_;
  std::vector<std::string> open_;
  std::size_t headed_ = 0;  // how many of open_, from the root, have their head in the delta
};

}  // namespace contextsync

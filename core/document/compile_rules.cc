#include "core/document/compile_rules.h"

namespace contextsync {

ListPolicy CompileRules::ListAt(std::string_view pointer) const {
  return IsReplaced(pointer) ? ListPolicy::kReplace : policy_.ListPolicyFor(level_, pointer);
}

bool CompileRules::IsAtomic(std::string_view pointer) const {
  if (pointer.empty()) return false;
  if (on_conflict_) return *on_conflict_ == Strategy::kLastWriteWins && PointerDepth(pointer) == 1;
  return policy_.StrategyFor(level_, pointer, ClashKind::kScalar) == Strategy::kLastWriteWins;
}

std::optional<std::string> RecordId(const Json& value) {
  if (!value.is_object()) return std::nullopt;
  const auto id = value.find("id");
  if (id == value.end() || !id->is_string()) return std::nullopt;
  return id->get<std::string>();
}

}  // namespace contextsync

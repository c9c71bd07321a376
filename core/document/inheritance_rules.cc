#include "core/document/inheritance_rules.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace contextsync {

namespace {

constexpr auto kStaying = std::to_array<std::string_view>(
    {// ids
     "id", "context_id", "parent_id", "user_id", "project_id", "branch_id", "git_branch_id",
     "task_id", "project_context_id", "branch_context_id",
     // times
     "timestamp", "created_at", "updated_at",
     // logs
     "insights", "progress_updates",
     // what only a task has
     "task_data", "execution_context", "implementation_notes", "test_results", "blockers",
     "local_decisions", "progress", "delegation_queue", "delegation_triggers", "version",
     // instructions to the merge
     "global_overrides", "local_overrides", "custom_inheritance_rules", "inheritance_disabled",
     "force_local_only"});
constexpr auto kUnited =
    std::to_array<std::string_view>({"assignees", "labels", "technologies", "frameworks"});
constexpr auto kAppended =
    std::to_array<std::string_view>({"requirements", "checklist", "next_steps"});

template <typename Names>
bool Holds(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool IsTrue(const Json& data, const char* key) {
  const auto found = data.find(key);
  return found != data.end() && found->is_boolean() && found->get<bool>();
}

/// The value at a dot path; nullptr when there is none.
const Json* At(const Json& data, std::string_view text) {
  const auto path = ParseDotPath(text);
  if (!path) return nullptr;
  const Json* value = &data;
  for (const auto& key : *path) {
    if (!value->is_object()) return nullptr;
    const auto member = value->find(key);
    if (member == value->end()) return nullptr;
    value = &*member;
  }
  return value;
}

bool AreEqual(const Json& left, const Json& right) {
  return CanonicalBytes(left) == CanonicalBytes(right);
}

bool ContainsValue(const Json& whole, const Json& part) {
  if (whole.is_array()) {
    return std::any_of(whole.begin(), whole.end(),
                       [&part](const Json& element) { return AreEqual(element, part); });
  }
  if (!part.is_string()) return false;
  const auto& text = part.get_ref<const std::string&>();
  if (whole.is_object()) return whole.contains(text);
  return whole.is_string() && whole.get_ref<const std::string&>().find(text) != std::string::npos;
}

bool Compare(std::string_view type, const Json* found, const Json* wanted) {
  if (found == nullptr) return false;
  if (type == "key_exists") return true;
  if (wanted == nullptr) return false;
  if (type == "key_equals") return AreEqual(*found, *wanted);
  return type == "key_contains" && ContainsValue(*found, *wanted);
}

/// {"type":"key_equals","key":"status","value":"done"}.
bool TypedHolds(const Json& condition, const Json& data) {
  const auto key = condition.find("key");
  const auto value = condition.find("value");
  if (key == condition.end() || !key->is_string() || !condition["type"].is_string()) return false;
  return Compare(condition["type"].get_ref<const std::string&>(),
                 At(data, key->get_ref<const std::string&>()),
                 value == condition.end() ? nullptr : &*value);
}

/// {"key_equals":{"status":"done"},"key_exists":"owner"}: all of them.
bool NamedHolds(const Json& condition, const Json& data) {
  bool is_known = false;
  for (const auto* type : {"key_exists", "key_equals", "key_contains"}) {
    const auto found = condition.find(type);
    if (found == condition.end()) continue;
    is_known = true;
    if (found->is_string()) {
      if (!Compare(type, At(data, found->get_ref<const std::string&>()), nullptr)) return false;
      continue;
    }
    if (!found->is_object()) return false;
    for (const auto& [key, wanted] : found->items()) {
      if (!Compare(type, At(data, key), &wanted)) return false;
    }
  }
  return is_known;
}

}  // namespace

bool StaysAtItsLevel(std::string_view key) {
  return Holds(kStaying, key);
}

ListRule RuleOfList(std::string_view key) {
  if (Holds(kUnited, key)) return ListRule::kUnion;
  return Holds(kAppended, key) ? ListRule::kAppend : ListRule::kReplace;
}

bool EndsInheritance(const Json& data) {
  return IsTrue(data, "inheritance_disabled") || IsTrue(data, "force_local_only");
}

std::optional<DotPath> ParseDotPath(std::string_view text) {
  DotPath path;
  while (true) {
    const auto dot = std::min(text.find('.'), text.size());
    if (dot == 0) return std::nullopt;
    path.emplace_back(text.substr(0, dot));
    if (dot == text.size()) return path;
    text.remove_prefix(dot + 1);
  }
}

std::vector<DotPath> ExcludedPaths(const Json& data) {
  std::vector<DotPath> paths;
  const auto rules = data.find("custom_inheritance_rules");
  if (rules == data.end() || !rules->is_object()) return paths;
  const auto excluded = rules->find("exclude_keys");
  if (excluded == rules->end() || !excluded->is_array()) return paths;
  for (const auto& key : *excluded) {
    auto path = key.is_string() ? ParseDotPath(key.get_ref<const std::string&>()) : std::nullopt;
    if (path) paths.push_back(*std::move(path));
  }
  return paths;
}

std::vector<const Json*> ConditionalOverrides(const Json& rules) {
  std::vector<const Json*> well_formed;
  const auto found = rules.find("conditional_overrides");
  if (found == rules.end()) return well_formed;
  const auto add = [&well_formed](const Json& rule) {
    const bool is_rule = rule.is_object() && rule.contains("overrides");
    if (is_rule && rule["overrides"].is_object()) well_formed.push_back(&rule);
  };
  if (found->is_array()) {
    std::for_each(found->begin(), found->end(), add);
  } else {
    add(*found);
  }
  return well_formed;
}

bool ConditionHolds(const Json& rule, const Json& data) {
  const auto found = rule.find("condition");
  const Json& condition = found == rule.end() ? rule : *found;
  if (!condition.is_object()) return false;
  return condition.contains("type") ? TypedHolds(condition, data) : NamedHolds(condition, data);
}

}  // namespace contextsync

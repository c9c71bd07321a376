#include "tests/unit/document/inheritance_oracle.h"

#include <algorithm>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "core/document/pointer.h"

namespace contextsync::test {

namespace {

using Path = std::vector<std::string>;
struct Leaf {
  Json value;
  std::size_t level = 0;
};
using Leaves = std::map<Path, Leaf>;

bool IsPrefix(const Path& prefix, const Path& path) {
  return prefix.size() <= path.size() && std::equal(prefix.begin(), prefix.end(), path.begin());
}

void Flatten(const Json& value, const Path& at, std::size_t level, Leaves& into) {
  if (!value.is_object() || (value.empty() && !at.empty())) {
    into[at] = {value, level};
    return;
  }
  for (const auto& [key, member] : value.items()) {
    Path below = at;
    below.push_back(key);
    Flatten(member, below, level, into);
  }
}

Json Rebuilt(const Leaves& leaves) {
  Json data = Json::object();
  for (const auto& [path, leaf] : leaves) {
    Json* at = &data;
    for (const auto& key : path)
      at = &(*at)[key];
    *at = leaf.value;
  }
  return data;
}

Path Split(const std::string& text) {
  Path path(1);
  for (const char c : text) {
    if (c == '.') {
      path.emplace_back();
    } else {
      path.back() += c;
    }
  }
  return path;
}

bool IsWellFormed(const Path& path) {
  return std::none_of(path.begin(), path.end(), [](const auto& key) { return key.empty(); });
}

const std::set<std::string>& Staying() {
  static const std::set<std::string> names = {"id",
                                              "context_id",
                                              "parent_id",
                                              "user_id",
                                              "project_id",
                                              "branch_id",
                                              "git_branch_id",
                                              "task_id",
                                              "project_context_id",
                                              "branch_context_id",
                                              "timestamp",
                                              "created_at",
                                              "updated_at",
                                              "insights",
                                              "progress_updates",
                                              "task_data",
                                              "execution_context",
                                              "implementation_notes",
                                              "test_results",
                                              "blockers",
                                              "local_decisions",
                                              "progress",
                                              "delegation_queue",
                                              "delegation_triggers",
                                              "version",
                                              "global_overrides",
                                              "local_overrides",
                                              "custom_inheritance_rules",
                                              "inheritance_disabled",
                                              "force_local_only"};
  return names;
}

Json MetLists(const std::string& name, const Json& above, const Json& own) {
  const std::set<std::string> united = {"assignees", "labels", "technologies", "frameworks"};
  const std::set<std::string> appended = {"requirements", "checklist", "next_steps"};
  if (united.count(name) == 0 && appended.count(name) == 0) return own;
  Json all = above;
  all.insert(all.end(), own.begin(), own.end());
  if (appended.count(name) != 0) return all;
  Json once = Json::array();
  for (const auto& element : all) {
    const bool is_held = std::any_of(once.begin(), once.end(), [&](const auto& held) {
      return CanonicalBytes(held) == CanonicalBytes(element);
    });
    if (!is_held) once.push_back(element);
  }
  return once;
}

void LayLeaf(Leaves& leaves, const Path& path, const Leaf& leaf) {
  const bool is_empty_object = leaf.value.is_object();
  bool has_more_below = false;
  for (auto it = leaves.begin(); it != leaves.end();) {
    const bool is_above = it->first.size() < path.size() && IsPrefix(it->first, path);
    const bool is_below = it->first.size() > path.size() && IsPrefix(path, it->first);
    has_more_below = has_more_below || is_below;
    it = is_above || (is_below && !is_empty_object) ? leaves.erase(it) : std::next(it);
  }
  if (is_empty_object && has_more_below) return;
  auto& place = leaves[path];
  const bool both_lists = place.value.is_array() && leaf.value.is_array();
  place = {both_lists ? MetLists(path.back(), place.value, leaf.value) : leaf.value, leaf.level};
}

void Force(Leaves& leaves, const Json& values, std::size_t level) {
  if (!values.is_object()) return;
  for (const auto& [text, value] : values.items()) {
    const Path path = Split(text);
    if (!IsWellFormed(path)) continue;
    std::erase_if(leaves, [&](const auto& entry) {
      return IsPrefix(path, entry.first) || IsPrefix(entry.first, path);
    });
    Flatten(value, path, level, leaves);
  }
}

bool Holds(const Json& condition, const Json& data) {
  const auto type = condition["type"].get<std::string>();
  const Json* at = &data;
  for (const auto& key : Split(condition["key"].get<std::string>())) {
    if (!at->is_object() || !at->contains(key)) return false;
    at = &(*at)[key];
  }
  if (type == "key_exists") return true;
  const Json& value = condition["value"];
  if (type == "key_equals") return CanonicalBytes(*at) == CanonicalBytes(value);
  if (at->is_array()) {
    return std::any_of(at->begin(), at->end(), [&](const auto& element) {
      return CanonicalBytes(element) == CanonicalBytes(value);
    });
  }
  if (!value.is_string()) return false;
  if (at->is_object()) return at->contains(value.get<std::string>());
  return at->is_string() &&
         at->get<std::string>().find(value.get<std::string>()) != std::string::npos;
}

void LayLevel(Leaves& leaves, const Json& own, std::size_t level) {
  std::erase_if(leaves, [](const auto& e) { return Staying().count(e.first.front()) != 0; });
  const Json rules = own.value("custom_inheritance_rules", Json::object());
  for (const auto& text : rules.value("exclude_keys", Json::array())) {
    const Path path = Split(text.get<std::string>());
    std::erase_if(leaves, [&](const auto& entry) { return IsPrefix(path, entry.first); });
  }
  Leaves laid;
  Flatten(own, {}, level, laid);
  for (const auto& [path, leaf] : laid)
    LayLeaf(leaves, path, leaf);
  Force(leaves, own.value("global_overrides", Json()), level);
  Force(leaves, own.value("local_overrides", Json()), level);
  Force(leaves, rules.value("force_values", Json()), level);
  for (const auto& rule : rules.value("conditional_overrides", Json::array())) {
    if (Holds(rule["condition"], Rebuilt(leaves))) Force(leaves, rule["overrides"], level);
  }
}

}  // namespace

OracleInheritance InheritSlowly(const std::vector<Json>& chain) {
  std::size_t first = 0;
  for (std::size_t level = 0; level < chain.size(); ++level) {
    for (const auto* word : {"inheritance_disabled", "force_local_only"}) {
      if (chain[level].value(word, Json()) == true) first = level;
    }
  }
  Leaves leaves;
  for (std::size_t level = first; level < chain.size(); ++level)
    LayLevel(leaves, chain[level], level);
  OracleInheritance result{Rebuilt(leaves), {}};
  for (const auto& [path, leaf] : leaves) {
    std::string pointer;
    for (const auto& key : path)
      pointer = AppendSegment(pointer, key);
    result.origins.emplace_back(pointer, leaf.level);
  }
  return result;
}

}  // namespace contextsync::test

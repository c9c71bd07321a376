#include "tests/unit/document/sequential_oracle.h"

namespace contextsync {
namespace {

bool IsIn(const Json& list, const Json& value) {
  for (const Json& element : list) {
    if (element.dump() == value.dump()) return true;
  }
  return false;
}

Json Grow(const Json& list, const Json& values, bool is_log) {
  Json grown = list;
  for (const Json& value : values) {
    const bool has_id = value.is_object() && value.contains("id");
    if (IsIn(grown, value) && (!is_log || has_id)) continue;
    grown.push_back(value);
  }
  return grown;
}

}  // namespace

Json MergePatch(Json target, const Json& patch) {
  if (!patch.is_object()) return patch;
  if (!target.is_object()) target = Json::object();
  for (const auto& [key, value] : patch.items()) {
    if (value.is_null()) {
      target.erase(key);
    } else {
      target[key] = MergePatch(target.contains(key) ? target[key] : Json(), value);
    }
  }
  return target;
}

Json MergeGrowing(const Json* target, const Json& patch, const std::string& key) {
  if (patch.is_array()) {
    if (key == "todo") return patch;
    if (target != nullptr && target->is_array()) return Grow(*target, patch, key == "insights");
    if (target != nullptr && patch.empty()) return *target;
    return Grow(Json::array(), patch, key == "insights");
  }
  if (!patch.is_object()) return patch;
  Json merged = target != nullptr && target->is_object() ? *target : Json::object();
  for (const auto& [name, value] : patch.items()) {
    if (value.is_null()) {
      merged.erase(name);
      continue;
    }
    const Json old = merged.contains(name) ? merged[name] : Json();
    Json member = MergeGrowing(merged.contains(name) ? &old : nullptr, value, name);
    merged[name] = std::move(member);
  }
  return merged;
}

}  // namespace contextsync

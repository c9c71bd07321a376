#include "core/document/merge_value.h"

#include <unordered_set>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/document/pointer.h"

namespace contextsync {
namespace {

bool HoldsRecordId(const Json& list, const std::string& id) {
  for (const Json& element : list) {
    if (RecordId(element) == id) return true;
  }
  return false;
}

// Which values a growing list already has.
class Membership {
 public:
  Membership(const Json& list, ListPolicy policy, bool is_append)
      : policy_(policy), is_append_(is_append) {
    for (const Json& element : list)
      bytes_.insert(CanonicalBytes(element));
  }

  // True when `value` would be a repeat in `list`; otherwise counts it as added.
  bool IsRepeat(const Json& list, const Json& value) {
    const bool is_new = bytes_.insert(CanonicalBytes(value)).second;
    if (policy_ != ListPolicy::kLog) return !is_new;
    const auto id = RecordId(value);
    if (!id) return false;
    return !is_new || (is_append_ && HoldsRecordId(list, *id));
  }

 private:
  const ListPolicy policy_;
  const bool is_append_;
  std::unordered_set<std::string> bytes_;
};

Json MergeList(const Json* seen, const Json& update, const std::string& pointer,
               const CompileRules& rules) {
  const ListPolicy policy = rules.ListAt(pointer);
  if (policy == ListPolicy::kReplace) return update;
  const bool is_list = seen != nullptr && seen->is_array();
  if (seen != nullptr && !is_list && update.empty()) return *seen;
  Json merged = is_list ? *seen : Json::array();
  Membership membership(merged, policy, rules.is_append());
  for (const Json& value : update) {
    if (!membership.IsRepeat(merged, value)) merged.push_back(value);
  }
  return merged;
}

Json MergeObject(const Json* seen, const Json& update, const std::string& pointer,
                 const CompileRules& rules) {
  Json merged = seen != nullptr && seen->is_object() ? *seen : Json::object();
  for (const auto& [key, value] : update.items()) {
    if (value.is_null()) {
      merged.erase(key);
      continue;
    }
    const auto old = merged.find(key);
    Json member = MergeValue(old == merged.end() ? nullptr : &*old, value,
                             AppendSegment(pointer, key), rules);
    merged[key] = std::move(member);
  }
  return merged;
}

}  // namespace

Json MergeValue(const Json* seen, const Json& update, const std::string& pointer,
                const CompileRules& rules) {
  if (rules.IsReplaced(pointer)) return WithoutNulls(update);
  if (update.is_object()) return MergeObject(seen, update, pointer, rules);
  if (update.is_array()) return MergeList(seen, update, pointer, rules);
  return update;
}

Json WithoutNulls(const Json& value) {
  if (!value.is_object()) return value;
  Json kept = Json::object();
  for (const auto& [key, member] : value.items()) {
    if (!member.is_null()) kept[key] = WithoutNulls(member);
  }
  return kept;
}

}  // namespace contextsync

#include "core/document/inheritance.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include "core/document/inheritance_rules.h"
#include "core/document/pointer.h"

namespace contextsync {

namespace {

/// The merged data while levels are laid on it, and beside it, if wanted, where each part is from:
/// an object where the data has one that is not empty, else the number of a level.
class Merged {
 public:
  explicit Merged(bool with_origins) : with_origins_(with_origins) {}

  void Lay(const Json& own, std::size_t level) {
    level_ = level;
    DropWhatStaysAbove(own);
    MergeObject(data_, origin(), own);
    for (const auto* key : {"global_overrides", "local_overrides"}) {
      if (const auto found = own.find(key); found != own.end()) Override(*found);
    }
    ApplyRules(own);
  }

  [[nodiscard]] Json TakeData() { return std::move(data_); }

  [[nodiscard]] Origins ListOrigins() const {
    Origins origins;
    List(data_, origins_, "", origins);
    return origins;
  }

 private:
  [[nodiscard]] Json* origin() { return with_origins_ ? &origins_ : nullptr; }

  void DropWhatStaysAbove(const Json& own) {
    for (auto member = data_.begin(); member != data_.end();) {
      const bool stays = StaysAtItsLevel(member.key());
      if (stays && with_origins_) origins_.erase(member.key());
      member = stays ? data_.erase(member) : std::next(member);
    }
    for (const auto& path : ExcludedPaths(own))
      Remove(data_, origin(), path, 0);
  }

  /// Takes out what is at `path`, and objects above it that become empty by that.
  static bool Remove(Json& object, Json* from, const DotPath& path, std::size_t at) {
    const auto member = object.find(path[at]);
    if (member == object.end()) return false;
    if (at + 1 < path.size()) {
      if (!member->is_object() || member->empty()) return false;
      Json* below = from == nullptr ? nullptr : &(*from)[path[at]];
      if (!Remove(*member, below, path, at + 1)) return false;
      if (!member->empty()) return true;
    }
    object.erase(member);
    if (from != nullptr) from->erase(path[at]);
    return true;
  }

  void MergeObject(Json& into, Json* from, const Json& own) {
    for (const auto& [key, value] : own.items())
      MergeMember(into, from, key, value);
  }

  void MergeMember(Json& into, Json* from, const std::string& key, const Json& value) {
    const auto old = into.find(key);
    const bool both_objects = old != into.end() && old->is_object() && value.is_object();
    if (both_objects && !old->empty()) {
      MergeObject(*old, from == nullptr ? nullptr : &(*from)[key], value);
      return;
    }
    const bool both_lists = old != into.end() && old->is_array() && value.is_array();
    const auto rule = both_lists ? RuleOfList(key) : ListRule::kReplace;
    Set(into, from, key, rule == ListRule::kReplace ? value : Combined(*old, value, rule));
  }

  void Set(Json& into, Json* from, const std::string& key, Json value) {
    if (from != nullptr) (*from)[key] = OriginsOf(value);
    into[key] = std::move(value);
  }

  [[nodiscard]] Json OriginsOf(const Json& value) const {
    if (!value.is_object() || value.empty()) return level_;
    Json origins = Json::object();
    for (const auto& [key, member] : value.items())
      origins[key] = OriginsOf(member);
    return origins;
  }

  static Json Combined(const Json& above, const Json& own, ListRule rule) {
    Json combined = Json::array();
    std::unordered_set<std::string> held;
    for (const auto* list : {&above, &own}) {
      for (const auto& element : *list) {
        const bool is_new =
            rule == ListRule::kAppend || held.insert(CanonicalBytes(element)).second;
        if (is_new) combined.push_back(element);
      }
    }
    return combined;
  }

  void Override(const Json& values) {
    if (!values.is_object()) return;
    for (const auto& [text, value] : values.items()) {
      if (const auto path = ParseDotPath(text)) SetAt(*path, value);
    }
  }

  void SetAt(const DotPath& path, const Json& value) {
    Json* into = &data_;
    Json* from = origin();
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      into = &(*into)[path[i]];
      if (from != nullptr) from = &(*from)[path[i]];
      if (into->is_object() && !into->empty()) continue;
      *into = Json::object();
      if (from != nullptr) *from = Json::object();
    }
    Set(*into, from, path.back(), value);
  }

  void ApplyRules(const Json& own) {
    const auto rules = own.find("custom_inheritance_rules");
    if (rules == own.end() || !rules->is_object()) return;
    if (const auto forced = rules->find("force_values"); forced != rules->end()) Override(*forced);
    for (const auto* rule : ConditionalOverrides(*rules)) {
      if (ConditionHolds(*rule, data_)) Override(*rule->find("overrides"));
    }
  }

  static void List(const Json& data, const Json& from, const std::string& pointer, Origins& into) {
    for (const auto& [key, value] : data.items()) {
      const auto path = AppendSegment(pointer, key);
      const auto& origin = from.at(key);
      if (origin.is_object()) {
        List(value, origin, path, into);
      } else {
        into.emplace_back(path, origin.get<std::size_t>());
      }
    }
  }

  const bool with_origins_;
  std::size_t level_ = 0;
  Json data_ = Json::object();
  Json origins_ = Json::object();
};

Merged Merge(const DataChain& chain, bool with_origins) {
  Merged merged(with_origins);
  for (std::size_t level = FirstUsedLevel(chain); level < chain.size(); ++level)
    merged.Lay(*chain[level], level);
  return merged;
}

}  // namespace

std::size_t FirstUsedLevel(const DataChain& chain) {
  for (std::size_t level = chain.size(); level-- > 1;) {
    if (EndsInheritance(*chain[level])) return level;
  }
  return 0;
}

Json Inherit(const DataChain& chain) {
  return Merge(chain, /*with_origins=*/false).TakeData();
}

Origins ExplainInheritance(const DataChain& chain) {
  return Merge(chain, /*with_origins=*/true).ListOrigins();
}

}  // namespace contextsync

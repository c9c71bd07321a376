// What a call may name, and which alias means what: the other half of parameters.h.

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "core/document/json.h"
#include "core/tools/parameters.h"

namespace contextsync {

namespace {

// Accepted for clients of an older tool of the same name; never in the schema.
struct Alias {
  std::string_view name;
  std::string_view target;  // of the arguments, or of `data` when it starts with "data."
  std::string_view level;   // implied; empty: none
};
constexpr std::string_view kDataPrefix = "data.";
constexpr std::array kAliases = {
    Alias{"task_id", "context_id", "task"},
    Alias{"branch_context_id", "context_id", "branch"},
    Alias{"project_context_id", "context_id", "project"},
    Alias{"data_title", "data.title", ""},
    Alias{"data_description", "data.description", ""},
    Alias{"data_status", "data.status", ""},
    Alias{"data_priority", "data.priority", ""},
    Alias{"data_tags", "data.tags", ""},
    Alias{"data_metadata", "data.metadata", ""},
};
constexpr std::array<std::string_view, 2> kWithoutEffect = {"user_id", "propagate_changes"};
constexpr std::array<std::string_view, 2> kParentAliases = {"project_id", "git_branch_id"};

const Alias* FindAlias(std::string_view name) {
  const auto found = std::find_if(kAliases.begin(), kAliases.end(),
                                  [name](const Alias& alias) { return alias.name == name; });
  return found == kAliases.end() ? nullptr : &*found;
}

bool Contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool MeansNotGiven(const std::string& name, const Json& value) {
  if (value.is_null()) return name != "value";
  const bool empty_counts = name == "content" || name == "data" || name == "value";
  return value.is_string() && value.get_ref<const std::string&>().empty() && !empty_counts;
}

Json NamesOfActions() {
  Json names = Json::array();
  for (const auto& info : Actions())
    names.push_back(info.name);
  return names;
}

Json UsersOf(const ParameterInfo& parameter) {
  Json names = Json::array();
  for (const auto& info : Actions()) {
    if (Uses(info.action, parameter)) names.push_back(info.name);
  }
  return names;
}

std::string Joined(const Json& names) {
  std::string text;
  for (const auto& name : names) {
    text.append(text.empty() ? "" : ", ").append(name.get_ref<const std::string&>());
  }
  return text;
}

Refusal UnknownParameter(const std::string& name) {
  std::vector<std::string_view> known = {"action"};
  for (const auto& parameter : Parameters())
    known.emplace_back(parameter.name);
  const auto closest = Closest(name, known);
  Refusal refusal{RefusalCode::kUnknownParameter,
                  "There is no parameter of that name.",
                  "",
                  {{"parameter", name}, {"did_you_mean", nullptr}}};
  if (!closest.empty()) {
    refusal.details["did_you_mean"] = closest;
    refusal.hint = "Did you mean `" + std::string(closest) + "`?";
  } else {
    refusal.hint = "Put your own keys inside `data`.";
  }
  return refusal;
}

Refusal NotText(std::string_view name) {
  return {RefusalCode::kInvalidArgument,
          "`" + std::string(name) + "` must be text.",
          "",
          {{"parameter", name}}};
}

Refusal NotUsedBy(const ParameterInfo& parameter, const ActionInfo& action) {
  const Json users = UsersOf(parameter);
  return {RefusalCode::kInvalidArgument,
          std::string("`") + parameter.name + "` is not used by `" + std::string(action.name) +
              "`, only by " + Joined(users) + ".",
          std::string("Leave `") + parameter.name + "` out.",
          {{"parameter", parameter.name}, {"allowed", users}}};
}

Checked<Action> ReadAction(const Json& arguments) {
  const auto found = arguments.find("action");
  const Json all = NamesOfActions();
  if (found == arguments.end() || MeansNotGiven("action", *found)) {
    return Refusal{RefusalCode::kMissingField,
                   "`action` is required: one of " + Joined(all) + ".",
                   R"(For example {"action":"get","context_id":"t1"}.)",
                   {{"parameter", "action"}, {"allowed", all}}};
  }
  if (const auto* info = FindAction(arguments)) return info->action;
  std::vector<std::string_view> names;
  for (const auto& info : Actions())
    names.push_back(info.name);
  const auto closest =
      found->is_string() ? Closest(found->get_ref<const std::string&>(), names) : "";
  return Refusal{RefusalCode::kInvalidArgument,
                 "`action` must be one of " + Joined(all) + ".",
                 closest.empty() ? "" : "Did you mean `" + std::string(closest) + "`?",
                 {{"parameter", "action"}, {"allowed", all}}};
}

/// Resolves one call's names; the first fault sticks.
class Normaliser {
 public:
  Normaliser(const Json& arguments, Action action) : arguments_(arguments) {
    result_.action = action;
    const auto all = Actions();
    info_ = &*std::find_if(all.begin(), all.end(),
                           [action](const ActionInfo& info) { return info.action == action; });
  }

  Checked<NormalArguments> Run() {
    for (const auto& [name, value] : arguments_.items())
      Take(name, value);
    if (refusal_) return std::move(*refusal_);
    for (const auto& [alias, value] : aliased_)
      TakeAlias(*alias, *value);
    TakeParents();
    if (refusal_) return std::move(*refusal_);
    return std::move(result_);
  }

 private:
  void Take(const std::string& name, const Json& value) {
    if (name == "action" || refusal_) return;
    if (Contains(kWithoutEffect, name)) {
      result_.ignored.push_back(name);
      return;
    }
    if (Contains(kParentAliases, name)) return;
    if (const auto* alias = FindAlias(name)) {
      if (!MeansNotGiven(name, value)) aliased_.emplace_back(alias, &value);
      return;
    }
    const auto* parameter = FindParameter(name);
    if (parameter == nullptr) {
      refusal_ = UnknownParameter(name);
    } else if (MeansNotGiven(name, value)) {
      return;
    } else if (!Uses(result_.action, *parameter)) {
      if (!value.is_null()) refusal_ = NotUsedBy(*parameter, *info_);
    } else {
      result_.values[name] = value;
    }
  }

  // What has no effect, since the real name was given too or the action has no use for it, is told.
  void TakeAlias(const Alias& alias, const Json& value) {
    const bool is_member = alias.target.starts_with(kDataPrefix);
    const std::string target(is_member ? "data" : alias.target);
    if (!Uses(result_.action, *FindParameter(target))) {
      result_.ignored.emplace_back(alias.name);
    } else if (is_member) {
      TakeMember(alias, value);
    } else {
      if (!result_.values.emplace(target, value).second) result_.ignored.emplace_back(alias.name);
      result_.values.emplace("level", alias.level);
    }
  }

  void TakeMember(const Alias& alias, const Json& value) {
    auto& data = *result_.values.emplace("data", Json::object()).first;
    if (data.is_string()) {
      if (auto parsed = ParseStrict(data.get_ref<const std::string&>()); parsed.ok())
        data = std::move(parsed).value();
    }
    if (!data.is_object()) return;  // refused where it is read
    if (!data.emplace(alias.target.substr(kDataPrefix.size()), value).second)
      result_.ignored.emplace_back(alias.name);
  }

  // `git_branch_id` is a task's parent; `project_id` a branch's, or the parent of a task's branch.
  void TakeParents() {
    const auto level = result_.values.value("level", Json("task"));
    for (const auto name : kParentAliases) {
      const auto found = arguments_.find(name);
      if (found == arguments_.end() || MeansNotGiven(std::string(name), *found)) continue;
      if (!found->is_string()) {
        refusal_ = NotText(name);
        return;
      }
      const bool is_parent = (name == "git_branch_id" && level == "task") ||
                             (name == "project_id" && level == "branch");
      const bool used = Uses(result_.action, *FindParameter("parent_id"));
      if (is_parent && used && !result_.values.contains("parent_id")) {
        result_.values["parent_id"] = *found;
      } else if (name == "project_id" && level == "task" && used) {
        result_.parent_project = found->get<std::string>();
      } else {
        result_.ignored.emplace_back(name);
      }
    }
  }

  const Json& arguments_;
  const ActionInfo* info_ = nullptr;
  NormalArguments result_;
  std::vector<std::pair<const Alias*, const Json*>> aliased_;
  std::optional<Refusal> refusal_;
};

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string_view Closest(std::string_view text, std::span<const std::string_view> candidates) {
  constexpr std::size_t kLongestName = 64;  // longer texts are no misspelling; bounds the work
  if (text.size() > kLongestName) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(text.size() / 3, 1) + 1;
  for (const auto candidate : candidates) {
    const auto distance = EditDistance(text, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

Checked<NormalArguments> NormaliseArguments(const Json& arguments) {
  auto action = ReadAction(arguments);
  if (!action.ok()) return std::move(action).failure();
  return Normaliser(arguments, action.value()).Run();
}

}  // namespace contextsync

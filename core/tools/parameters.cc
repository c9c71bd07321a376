#include "core/tools/parameters.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "core/document/context_ref.h"
#include "core/document/json.h"

namespace contextsync {

namespace {

constexpr std::uint32_t Bit(Action action) {
  return 1U << static_cast<unsigned>(action);
}

template <typename... Rest>
constexpr std::uint32_t Bits(Rest... actions) {
  return (Bit(actions) | ...);
}

constexpr auto kContextWrites = Bits(Action::kUpdate, Action::kCreate, Action::kDelete,
                                     Action::kAddInsight, Action::kAddProgress, Action::kRevert);
constexpr auto kWrites = kContextWrites | Bit(Action::kResolveConflict);
constexpr auto kReads = Bits(Action::kGet, Action::kList, Action::kHistory, Action::kDiff,
                             Action::kChanges, Action::kConflicts);
constexpr auto kEntries = Bits(Action::kAddInsight, Action::kAddProgress);
constexpr auto kUpserts = Bits(Action::kUpdate, Action::kCreate);

constexpr std::array kActions = {
    ActionInfo{
        Action::kUpdate, "update", true,
        "merge data into a context, creating it and its parents; lists gain what is new, null "
        "deletes a key. "
        R"({"action":"update","context_id":"t1","data":{"files_read":["a.cc"],"status":"started"}})"},
    ActionInfo{Action::kCreate, "create", true,
               "as update, but ALREADY_EXISTS if it is there. "
               R"({"action":"create","context_id":"t1","data":{"title":"Fix login"}})"},
    ActionInfo{Action::kGet, "get", false, R"(read a context. {"action":"get","context_id":"t1"})"},
    ActionInfo{
        Action::kList, "list", false,
        R"(contexts of a level, newest first. {"action":"list","level":"task","filters":{"status":"started"}})"},
    ActionInfo{
        Action::kDelete, "delete", true,
        R"(delete a context; cascade takes its children too. {"action":"delete","context_id":"t1"})"},
    ActionInfo{
        Action::kAddInsight, "add_insight", true,
        "append a finding. "
        R"({"action":"add_insight","context_id":"t1","content":"Tokens expire early","category":"technical"})"},
    ActionInfo{
        Action::kAddProgress, "add_progress", true,
        R"(append a progress note. {"action":"add_progress","context_id":"t1","content":"Tests pass"})"},
    ActionInfo{
        Action::kHistory, "history", false,
        R"(versions of a context: who, when, which keys. {"action":"history","context_id":"t1"})"},
    ActionInfo{
        Action::kDiff, "diff", false,
        R"(what changed between two versions. {"action":"diff","context_id":"t1","from":12,"to":17})"},
    ActionInfo{Action::kRevert, "revert", true,
               "write a context as it was at a version, deleted ones too. "
               R"({"action":"revert","context_id":"t1","version":12})"},
    ActionInfo{Action::kChanges, "changes", false,
               R"(what others changed since you last looked. {"action":"changes"})"},
    ActionInfo{
        Action::kConflicts, "conflicts", false,
        R"(writes of several agents that met; open ones wait for you. {"action":"conflicts"})"},
    ActionInfo{
        Action::kResolveConflict, "resolve_conflict", true,
        "decide one: current is what is shown, incoming the other side. "
        R"({"action":"resolve_conflict","conflict_id":"c-0123456789abcdef","choose":"incoming"})"},
};

constexpr auto kAll = kWrites | kReads;
constexpr auto kWithLevel = kAll & ~Bit(Action::kResolveConflict);
constexpr auto kWithId = kWithLevel & ~Bit(Action::kList);

constexpr std::array kParameters = {
    ParameterInfo{
        "level", kWithLevel,
        R"({"type":"string","enum":["global","project","branch","task"],"default":"task"})",
        "Which notebook level. Children inherit from global, project, branch to task."},
    ParameterInfo{"context_id", kWithId, R"({"type":"string","minLength":1,"maxLength":200})",
                  "Any text, e.g. a task id or feature/jwt. Left out: taken from git (project, "
                  "branch) or CONTEXTSYNC_TASK."},
    ParameterInfo{"data", kUpserts, R"({"type":"object"})",
                  "What to write: any keys, any depth, at most 256 KiB. Scalars overwrite, objects "
                  "merge, lists gain "
                  "new elements; todo, next_steps, blockers, errors, failures, open_questions, "
                  "current_*, remaining_* "
                  "are replaced."},
    ParameterInfo{"replace", kUpserts, R"({"type":"array","items":{"type":"string"}})",
                  "JSON Pointers into data whose value replaces what is there instead of merging, "
                  "e.g. [\"/tags\"]."},
    ParameterInfo{
        "remove", Bits(Action::kUpdate), R"({"type":"object"})",
        "List elements to take out: JSON Pointer to a list of values, e.g. {\"/tags\":[\"old\"]}."},
    ParameterInfo{
        "on_conflict", kContextWrites,
        R"({"type":"string","enum":["merge","last_write_wins","version","manual","fail"]})",
        "If another agent changed the same thing meanwhile: version shows both, manual waits for "
        "resolve_conflict, fail refuses. Default: the workspace's policy."},
    ParameterInfo{
        "expected_version", Bits(Action::kUpdate, Action::kDelete, Action::kRevert),
        R"({"type":"integer","minimum":0})",
        "Refuse with VERSION_MISMATCH unless the context has this version; 0: must not exist."},
    ParameterInfo{
        "op_id", kWrites, R"({"type":"string","maxLength":128})",
        "Your id for this call; repeating the call with it is safe and answers the same."},
    ParameterInfo{"require", kWrites,
                  R"({"type":"string","enum":["durable","cloud"],"default":"durable"})",
                  "cloud: wait up to 5 s for the hub and answer NOT_CONFIRMED otherwise."},
    ParameterInfo{"parent_id", Bits(Action::kUpdate, Action::kCreate, Action::kList),
                  R"({"type":"string"})",
                  "The context one level up; on update it moves the context, in list it filters."},
    ParameterInfo{"agent", kWrites | Bit(Action::kList), R"({"type":"string","maxLength":128})",
                  "Who writes; in list: only contexts last written by this agent."},
    ParameterInfo{"force_refresh", kReads, R"({"type":"boolean","default":false})",
                  "Ask the hub first, waiting up to 2 s."},
    ParameterInfo{"fields", Bits(Action::kGet, Action::kList),
                  R"({"type":"array","items":{"type":"string"}})",
                  "Only these keys (or JSON Pointers) of data."},
    ParameterInfo{"max_tokens", Bits(Action::kGet),
                  R"({"type":"integer","minimum":100,"maximum":1000000})",
                  "Leave out the largest values until the answer fits; omitted tells which."},
    ParameterInfo{"filters", Bits(Action::kList), R"({"type":"object"})",
                  "Key or JSON Pointer to wanted value; a list matches if it contains the value."},
    ParameterInfo{"updated_since", Bits(Action::kList), R"({"type":"string","format":"date-time"})",
                  "Only contexts updated at or after this time."},
    ParameterInfo{
        "limit", Bits(Action::kList, Action::kHistory, Action::kChanges, Action::kConflicts),
        R"({"type":"integer","minimum":1,"maximum":500,"default":50})", "At most this many items."},
    ParameterInfo{"cursor", Bits(Action::kList, Action::kHistory, Action::kConflicts),
                  R"({"type":"string"})", "next_cursor of the previous answer."},
    ParameterInfo{"from", Bits(Action::kDiff), R"({"type":"integer","minimum":0})",
                  "The older version; 0: the empty context. Default: the one before `to`."},
    ParameterInfo{"to", Bits(Action::kDiff), R"({"type":"integer","minimum":0})",
                  "The newer version. Default: the current one."},
    ParameterInfo{"version", Bits(Action::kRevert), R"({"type":"integer","minimum":1})",
                  "The version to go back to, as history shows it."},
    ParameterInfo{"cascade", Bits(Action::kDelete), R"({"type":"boolean","default":false})",
                  "Delete the children too, all in one write."},
    ParameterInfo{"content", kEntries, R"({"type":"string"})",
                  "The insight or progress note, at most 64 KiB."},
    ParameterInfo{
        "category", kEntries,
        R"({"type":"string","enum":["technical","business","performance","risk","discovery"]})",
        "What the entry is about."},
    ParameterInfo{
        "importance", kEntries,
        R"({"type":"string","enum":["low","medium","high","critical"],"default":"medium"})",
        "How much it matters."},
    ParameterInfo{
        "since", Bits(Action::kChanges), R"({"type":["string","integer"]})",
        "data.cursor of an earlier answer, a version, or a time. Default: where you last looked."},
    ParameterInfo{"status", Bits(Action::kConflicts),
                  R"({"type":"string","enum":["open","auto","resolved","all"],"default":"open"})",
                  "Which conflicts."},
    ParameterInfo{"conflict_id", Bits(Action::kResolveConflict), R"({"type":"string"})",
                  "The id of a conflict."},
    ParameterInfo{"choose", Bits(Action::kResolveConflict),
                  R"({"type":"string","enum":["current","incoming","value"]})",
                  "What shall stand there."},
    ParameterInfo{"value", Bits(Action::kResolveConflict), R"({})",
                  "With choose=value: any JSON; null deletes."},
};

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

template <typename Table>
const auto* FindByName(const Table& table, std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(), [name](const auto& row) {
    return std::string_view(row.name) == name;
  });
  return found == table.end() ? nullptr : &*found;
}

bool Contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool MeansNotGiven(const std::string& name, const Json& value) {
  if (value.is_null()) return name != "value";
  const bool empty_counts = name == "content" || name == "data" || name == "value";
  return value.is_string() && value.get_ref<const std::string&>().empty() && !empty_counts;
}

Json Names(std::uint32_t actions) {
  Json names = Json::array();
  for (const auto& info : kActions) {
    if ((actions & Bit(info.action)) != 0) names.push_back(info.name);
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
  for (const auto& parameter : kParameters)
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
  const Json users = Names(parameter.actions);
  return {RefusalCode::kInvalidArgument,
          std::string("`") + parameter.name + "` is not used by `" + std::string(action.name) +
              "`, only by " + Joined(users) + ".",
          std::string("Leave `") + parameter.name + "` out.",
          {{"parameter", parameter.name}, {"allowed", users}}};
}

Checked<Action> ReadAction(const Json& arguments) {
  const auto found = arguments.find("action");
  const Json all = Names(kAll);
  if (found == arguments.end() || MeansNotGiven("action", *found)) {
    return Refusal{RefusalCode::kMissingField,
                   "`action` is required: one of " + Joined(all) + ".",
                   R"(For example {"action":"get","context_id":"t1"}.)",
                   {{"parameter", "action"}, {"allowed", all}}};
  }
  if (const auto* info = FindAction(arguments)) return info->action;
  std::vector<std::string_view> names;
  for (const auto& info : kActions)
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
    info_ = &*std::find_if(kActions.begin(), kActions.end(),
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
    if (const auto* alias = FindByName(kAliases, name)) {
      if (!MeansNotGiven(name, value)) aliased_.emplace_back(alias, &value);
      return;
    }
    const auto* parameter = FindByName(kParameters, name);
    if (parameter == nullptr) {
      refusal_ = UnknownParameter(name);
    } else if (MeansNotGiven(name, value)) {
      return;
    } else if ((parameter->actions & Bit(result_.action)) == 0) {
      if (!value.is_null()) refusal_ = NotUsedBy(*parameter, *info_);
    } else {
      result_.values[name] = value;
    }
  }

  // What has no effect, since the real name was given too or the action has no use for it, is told.
  void TakeAlias(const Alias& alias, const Json& value) {
    const bool is_member = alias.target.starts_with(kDataPrefix);
    const std::string target(is_member ? "data" : alias.target);
    if ((FindByName(kParameters, target)->actions & Bit(result_.action)) == 0) {
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
      const auto* parameter = FindByName(kParameters, "parent_id");
      const bool used = (parameter->actions & Bit(result_.action)) != 0;
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

std::span<const ActionInfo> Actions() {
  return kActions;
}

const ActionInfo* FindAction(const Json& arguments) {
  const auto found = arguments.find("action");
  if (found == arguments.end() || !found->is_string()) return nullptr;
  return FindByName(kActions, found->get_ref<const std::string&>());
}

std::span<const ParameterInfo> Parameters() {
  return kParameters;
}

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

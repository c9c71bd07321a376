#include "core/tools/parameters.h"

#include <algorithm>
#include <array>

namespace contextsync {

namespace {

constexpr std::uint32_t Bit(Action action) {
  return 1U << static_cast<unsigned>(action);
}

template <typename... Rest>
constexpr std::uint32_t Bits(Rest... actions) {
  return (Bit(actions) | ...);
}

constexpr auto kContextWrites =
    Bits(Action::kUpdate, Action::kCreate, Action::kDelete, Action::kAddInsight,
         Action::kAddProgress, Action::kDelegate, Action::kRevert);
constexpr auto kWrites = kContextWrites | Bits(Action::kResolveConflict, Action::kBatch);
constexpr auto kReads =
    Bits(Action::kGet, Action::kResolve, Action::kList, Action::kSearch, Action::kHistory,
         Action::kDiff, Action::kChanges, Action::kWatch, Action::kConflicts);
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
        Action::kResolve, "resolve", false,
        R"(as get, with what it inherits from branch, project and global. {"action":"resolve","context_id":"t1"})"},
    ActionInfo{
        Action::kList, "list", false,
        R"(contexts of a level, newest first. {"action":"list","level":"task","filters":{"status":"started"}})"},
    ActionInfo{Action::kSearch, "search", false,
               "full text over all levels, best first; all words must occur, \"a phrase\", pre*. "
               R"({"action":"search","query":"refresh tok*"})"},
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
        Action::kDelegate, "delegate", true,
        "write to the branch, project or global above, so that others inherit it. "
        R"({"action":"delegate","context_id":"t1","delegate_to":"project","delegate_data":{"decisions":["Use UTC"]},"delegation_reason":"All tasks need it"})"},
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
    ActionInfo{Action::kWatch, "watch", false,
               "as changes, but waits for the first change. "
               R"({"action":"watch","level":"task","context_id":"t1","wait_ms":20000})"},
    ActionInfo{
        Action::kConflicts, "conflicts", false,
        R"(writes of several agents that met; open ones wait for you. {"action":"conflicts"})"},
    ActionInfo{
        Action::kResolveConflict, "resolve_conflict", true,
        "decide one: current is what is shown, incoming the other side. "
        R"({"action":"resolve_conflict","conflict_id":"c-0123456789abcdef","choose":"incoming"})"},
    ActionInfo{
        Action::kBatch, "batch", true,
        "several writes, all or none. "
        R"({"action":"batch","operations":[{"action":"update","context_id":"t1","data":{"n":1}}]})"},
};

constexpr auto kAll = kWrites | kReads;
constexpr auto kWithLevel = kAll & ~Bits(Action::kResolveConflict, Action::kBatch);
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
    ParameterInfo{"fields", Bits(Action::kGet, Action::kResolve, Action::kList),
                  R"({"type":"array","items":{"type":"string"}})",
                  "Only these keys (or JSON Pointers) of data."},
    ParameterInfo{"max_tokens", Bits(Action::kGet, Action::kResolve),
                  R"({"type":"integer","minimum":100,"maximum":1000000})",
                  "Leave out the largest values until the answer fits; omitted tells which."},
    ParameterInfo{"include_inherited", Bits(Action::kGet), R"({"type":"boolean","default":false})",
                  "Answer as resolve."},
    ParameterInfo{"explain", Bits(Action::kResolve), R"({"type":"boolean","default":false})",
                  "Say for each value which context it comes from."},
    ParameterInfo{"filters", Bits(Action::kList), R"({"type":"object"})",
                  "Key or JSON Pointer to wanted value; a list matches if it contains the value."},
    ParameterInfo{"updated_since", Bits(Action::kList), R"({"type":"string","format":"date-time"})",
                  "Only contexts updated at or after this time."},
    ParameterInfo{"query", Bits(Action::kSearch), R"({"type":"string","maxLength":1000})",
                  "Words to look for in ids, keys and texts, e.g. login \"refresh token\" auth*."},
    ParameterInfo{"limit",
                  Bits(Action::kList, Action::kSearch, Action::kHistory, Action::kChanges,
                       Action::kWatch, Action::kConflicts),
                  R"({"type":"integer","minimum":1,"maximum":500,"default":50})",
                  "At most this many items."},
    ParameterInfo{"cursor",
                  Bits(Action::kList, Action::kSearch, Action::kHistory, Action::kConflicts),
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
    ParameterInfo{"delegate_to", Bits(Action::kDelegate),
                  R"({"type":"string","enum":["global","project","branch"]})",
                  "The level above to write to."},
    ParameterInfo{"delegate_data", Bits(Action::kDelegate), R"({"type":"object"})",
                  "What to write there, as data of update."},
    ParameterInfo{"delegation_reason", Bits(Action::kDelegate),
                  R"({"type":"string","maxLength":2000})", "Why; kept in its history."},
    ParameterInfo{
        "since", Bits(Action::kChanges, Action::kWatch), R"({"type":["string","integer"]})",
        "data.cursor of an earlier answer, a version, or a time. Default: where you last looked."},
    ParameterInfo{"wait_ms", Bits(Action::kWatch),
                  R"({"type":"integer","minimum":0,"maximum":25000,"default":25000})",
                  "How long to wait for a change; then the list is empty and timed_out true."},
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
    ParameterInfo{
        "operations", Bits(Action::kBatch),
        R"({"type":"array","items":{"type":"object"},"minItems":1,"maxItems":100})",
        "Arguments of 1 to 100 writes, each sees those before it; op_id, require and agent "
        "stand outside."},
};

}  // namespace

std::span<const ActionInfo> Actions() {
  return kActions;
}

const ActionInfo* FindAction(const Json& arguments) {
  const auto found = arguments.find("action");
  if (found == arguments.end() || !found->is_string()) return nullptr;
  const auto& name = found->get_ref<const std::string&>();
  const auto row = std::find_if(kActions.begin(), kActions.end(),
                                [&name](const ActionInfo& info) { return info.name == name; });
  return row == kActions.end() ? nullptr : &*row;
}

std::span<const ParameterInfo> Parameters() {
  return kParameters;
}

const ParameterInfo* FindParameter(std::string_view name) {
  const auto found = std::find_if(kParameters.begin(), kParameters.end(),
                                  [name](const ParameterInfo& row) { return row.name == name; });
  return found == kParameters.end() ? nullptr : &*found;
}

bool Uses(Action action, const ParameterInfo& parameter) {
  return (parameter.actions & Bit(action)) != 0;
}

}  // namespace contextsync

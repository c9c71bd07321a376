#include "server/hooks/hook_session.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/hash.h"
#include "core/secrets/secret_scan.h"

namespace contextsync {

namespace {

constexpr std::size_t kMostUses = 500;
constexpr std::size_t kNudgeFiles = 3;

std::string TextOf(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool IsTrue(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && *found == Json(true);
}

std::optional<RepositoryState> StateIn(const Json& json) {
  const auto found = json.find("before");
  if (found == json.end() || !found->is_object()) return std::nullopt;
  RepositoryState state;
  for (const auto& [file, mark] : found->items())
    state[file] = mark.is_string() ? mark.get<std::string>() : std::string();
  return state;
}

std::vector<std::string> UsesIn(const Json& json) {
  std::vector<std::string> uses;
  const auto found = json.find("uses");
  if (found == json.end() || !found->is_array()) return uses;
  for (const Json& use : *found) {
    if (use.is_string()) uses.push_back(use.get<std::string>());
  }
  return uses;
}

}  // namespace

void HookSession::Note(const HookEvent& event, const HookScope& scope) {
  if (!event.use_id.empty()) {
    if (std::find(uses.begin(), uses.end(), event.use_id) != uses.end()) return;
    if (uses.size() < kMostUses) uses.push_back(event.use_id);
  }
  if (event.is_own_tool) {
    has_written = has_written || event.is_own_write;
    if (!event.task.empty()) task = event.task;
  }
  if (event.moment == HookMoment::kReadPermission || event.moment == HookMoment::kTool ||
      event.moment == HookMoment::kCompacted || event.moment == HookMoment::kProgress)
    facts.Merge(FactsOf(event, scope));
  has_changed = has_changed || !facts.files_modified.empty();
}

void HookSession::NoteRepository(const RepositoryState& now, const HookScope& scope) {
  if (before) {
    HookFacts found;
    for (const auto& [file, mark] : now) {
      const auto known = before->find(file);
      if (known != before->end() && known->second == mark) continue;
      const std::string path = PathInScope(scope, scope.root, file);
      if (!path.empty()) found.files_modified.push_back(path);
    }
    facts.Merge(found);
    has_changed = has_changed || !facts.files_modified.empty();
  }
  before = now;
}

std::string HookSession::TakeNudge() {
  if (!has_changed || has_written || was_nudged) return {};
  was_nudged = true;
  std::string files;
  for (std::size_t i = 0; i < std::min(facts.files_modified.size(), kNudgeFiles); ++i)
    files += (i == 0 ? ": " : ", ") + facts.files_modified[i];
  return "Files changed in this conversation" + files +
         ". The shared notebook (manage_context) holds no decision, discovery or next step of it "
         "yet.";
}

std::optional<Json> HookSession::Operation(const Json& whose) const {
  if (facts.IsEmpty()) return std::nullopt;
  Json operation = whose;
  operation["session"] = id;
  if (!task.empty()) operation["task"] = task;
  Json data = FactsToData(facts);
  RedactSecrets(data, FindSecrets(data));  // a path may hold one, and would keep the turn out
  operation["data"] = std::move(data);
  const std::string content = std::to_string(turn) + CanonicalBytes(operation);
  operation["op_id"] = "hook-" + Sha256Hex(content).substr(0, 40);
  return operation;
}

void HookSession::EndTurn() {
  facts = {};
  uses.clear();
  ++turn;
}

std::string HookSessionToText(const HookSession& session) {
  Json json = {{"id", session.id},
               {"identity", session.identity},
               {"turn", session.turn},
               {"facts", FactsToJson(session.facts)},
               {"task", session.task},
               {"position", session.position},
               {"has_changed", session.has_changed},
               {"has_written", session.has_written},
               {"was_nudged", session.was_nudged},
               {"uses", session.uses}};
  if (session.before) json["before"] = *session.before;
  return CompactText(json);
}

HookSession ReadHookSession(std::string_view text) {
  HookSession session;
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return session;
  session.id = TextOf(json, "id");
  session.identity = TextOf(json, "identity");
  const auto turn = json.find("turn");
  if (turn != json.end() && turn->is_number_unsigned()) session.turn = turn->get<std::uint64_t>();
  const auto facts = json.find("facts");
  if (facts != json.end()) session.facts = ReadFacts(*facts);
  session.task = TextOf(json, "task");
  session.position = TextOf(json, "position");
  session.has_changed = IsTrue(json, "has_changed");
  session.has_written = IsTrue(json, "has_written");
  session.was_nudged = IsTrue(json, "was_nudged");
  session.before = StateIn(json);
  session.uses = UsesIn(json);
  return session;
}

std::string InjectionFor(const HookEvent& event, const std::string& text) {
  if (event.form == HookAnswerForm::kCursor) return CompactText({{"additional_context", text}});
  return CompactText(
      {{"hookSpecificOutput", {{"hookEventName", event.name}, {"additionalContext", text}}}});
}

std::string NudgeFor(const HookEvent& event, const std::string& text) {
  if (event.form == HookAnswerForm::kCursor) return CompactText({{"followup_message", text}});
  return CompactText({{"decision", "block"}, {"reason", text}});
}

}  // namespace contextsync

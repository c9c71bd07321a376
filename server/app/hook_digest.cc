#include "server/app/hook_digest.h"

#include <algorithm>
#include <array>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/document/json.h"
#include "core/tools/target.h"

namespace contextsync {

namespace {

constexpr std::size_t kMostValueBytes = 600;
constexpr std::size_t kMostCueBytes = 100;  // about 25 tokens
constexpr std::size_t kCueChanges = 100;
constexpr std::size_t kCueKeys = 4;

// What helps most to go on with somebody's work comes first.
constexpr std::array<std::string_view, 14> kFirstKeys = {
    "title",          "status",   "blockers",       "next_steps",        "understanding",
    "decisions",      "failures", "test_results",   "tests_run",         "discoveries",
    "open_questions", "progress", "files_modified", "completion_summary"};
// Long lists that say little by themselves.
constexpr std::array<std::string_view, 2> kLeftOut = {"files_read", "metadata"};

std::string Shortened(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t keep = most - 3;
  while (keep > 0 && (static_cast<unsigned char>(text[keep]) & 0xC0U) == 0x80U)
    --keep;
  text.resize(keep);
  return text + "…";
}

std::vector<std::string> KeysInOrder(const Json& data) {
  std::vector<std::string> keys;
  for (const auto key : kFirstKeys) {
    if (data.contains(key)) keys.emplace_back(key);
  }
  for (const auto& [key, value] : data.items()) {
    const bool is_known = std::find(kFirstKeys.begin(), kFirstKeys.end(), key) != kFirstKeys.end();
    const bool is_dull = std::find(kLeftOut.begin(), kLeftOut.end(), key) != kLeftOut.end();
    if (!is_known && !is_dull) keys.push_back(key);
  }
  return keys;
}

std::string NameOf(const ContextRef& context) {
  return std::string(ToString(context.level)) + " " + context.id;
}

/// Adds `line` if it fits; false when the text is full.
bool AddLine(std::string& text, const std::string& line, std::size_t bytes) {
  if (text.size() + line.size() + 1 > bytes) return false;
  text += (text.empty() ? "" : "\n") + line;
  return true;
}

void AddContext(const Notebook& notebook, const ContextRef& context, std::string& text,
                std::size_t bytes) {
  const auto lookup = notebook.Read(context);
  if (!lookup.ok() || !lookup.value().found) return;
  const ContextContent& content = *lookup.value().found;
  if (!content.data->is_object() || content.data->empty()) return;
  const std::string head = NameOf(context) + ", last changed by " + content.info.updated_by + ":";
  if (!AddLine(text, Shortened(head, kMostValueBytes), bytes)) return;
  for (const std::string& key : KeysInOrder(*content.data)) {
    const std::string value = Shortened(CompactText((*content.data)[key]), kMostValueBytes);
    if (!AddLine(text, "- " + key + ": " + value, bytes)) return;
  }
}

std::vector<ContextRef> ContextsOf(const Notebook& notebook, const Identity& identity) {
  std::vector<ContextRef> contexts;
  Target target;
  if (identity.task) contexts.push_back({Level::kTask, *identity.task});
  for (const Level level : {Level::kBranch, Level::kProject, Level::kGlobal}) {
    target.level = level;
    contexts.push_back(ResolveTarget(target, identity, notebook));
  }
  return contexts;
}

/// Which tasks there are is worth knowing where none was named.
void AddRecentTasks(const Notebook& notebook, const Identity& identity, std::string& text,
                    std::size_t bytes) {
  ListQuery query;
  query.level = Level::kTask;
  query.limit = 5;
  const auto page = notebook.List(query);
  if (!page.ok() || identity.task) return;
  for (const ContextContent& content : page.value().contexts)
    AddContext(notebook, content.info.context, text, std::min(bytes, text.size() + bytes / 4));
}

}  // namespace

std::string DigestFor(const Notebook& notebook, const Identity& identity, std::size_t bytes) {
  std::string text;
  for (const ContextRef& context : ContextsOf(notebook, identity))
    AddContext(notebook, context, text, bytes);
  AddRecentTasks(notebook, identity, text, bytes);
  if (text.empty()) return text;
  return "From the shared notebook (manage_context), as other agents wrote it:\n" + text;
}

HookCue CueFor(const Notebook& notebook, const Identity& identity, const std::string& since) {
  HookCue cue{.text = {}, .position = ToString(notebook.Latest())};
  const auto position = ParseChangePosition(since);
  if (!position) return cue;
  ChangesQuery query;
  query.since = *position;
  query.limit = kCueChanges;
  const auto answer = notebook.Changes(query);
  if (!answer.ok()) return cue;
  std::vector<const ChangeNote*> others;
  for (const ChangeNote& change : answer.value().changes) {
    if (change.changed_by != identity.agent) others.push_back(&change);
  }
  if (others.empty()) return cue;
  const ChangeNote& last = *others.back();
  std::string keys;
  for (std::size_t i = 0; i < std::min(last.keys.size(), kCueKeys); ++i)
    keys += (i == 0 ? ": " : ", ") + last.keys[i];
  const std::size_t count = others.size() + answer.value().more;
  cue.text = Shortened(std::to_string(count) + (count == 1 ? " change" : " changes") + " by " +
                           last.changed_by + " on " + NameOf(last.context) + keys,
                       kMostCueBytes);
  return cue;
}

}  // namespace contextsync

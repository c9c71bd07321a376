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
constexpr std::size_t kShownConflicts = 3;
constexpr std::size_t kShownChanges = 5;
// Changes come oldest first, and the last are wanted: more than are kept.
constexpr std::size_t kMostRecentChanges = 100'000;
constexpr UnixMillis kRecentMillis = 24LL * 60 * 60 * 1'000;

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
    std::string line = "- ";
    line.append(key).append(": ").append(value);
    if (!AddLine(text, line, bytes)) return;
  }
}

std::vector<ContextRef> ContextsAbove(const Notebook& notebook, const Identity& identity) {
  std::vector<ContextRef> contexts;
  Target target;
  for (const Level level : {Level::kBranch, Level::kProject, Level::kGlobal}) {
    target.level = level;
    contexts.push_back(ResolveTarget(target, identity, notebook));
  }
  return contexts;
}

void AddConflicts(const Notebook& notebook, std::string& text, std::size_t bytes) {
  const std::uint64_t open = notebook.Summary().conflicts_open;
  ConflictQuery query;
  query.status = ConflictStatus::kOpen;
  query.limit = kShownConflicts;
  const auto page = notebook.Conflicts(query);
  if (open == 0 || !page.ok()) return;
  std::string line = std::to_string(open) + (open == 1 ? " open conflict" : " open conflicts");
  std::string_view before = ": ";
  for (const ConflictRecord& record : page.value().records) {
    line += std::string(before) + NameOf(record.context) + " " + record.path;
    before = ", ";
  }
  AddLine(text, Shortened(std::move(line), kMostValueBytes), bytes);
}

std::string WordsFor(const ChangeNote& change) {
  std::string keys;
  for (std::size_t i = 0; i < std::min(change.keys.size(), kCueKeys); ++i)
    keys += (i == 0 ? ": " : ", ") + change.keys[i];
  return change.changed_by + " on " + NameOf(change.context) + keys;
}

bool IsOwn(const CueReader& reader, const ChangeNote& change) {
  return reader.session.empty() && change.changed_by == reader.agent;
}

/// The last changes of the last day, newest first.
void AddChanges(const Notebook& notebook, const CueReader& reader, std::string& text,
                std::size_t bytes) {
  ChangesQuery query;
  query.since_time = reader.now - kRecentMillis;
  query.session = reader.session;
  query.limit = kMostRecentChanges;
  const auto answer = notebook.Changes(query);
  if (!answer.ok()) return;
  const auto& changes = answer.value().changes;
  std::size_t shown = 0;
  for (auto change = changes.rbegin(); change != changes.rend() && shown < kShownChanges;
       ++change) {
    if (IsOwn(reader, *change)) continue;
    const std::string line = "changed by " + WordsFor(*change);
    if (!AddLine(text, Shortened(line, kMostValueBytes), bytes)) return;
    ++shown;
  }
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

std::string DigestFor(const Notebook& notebook, const Identity& identity, const CueReader& reader,
                      std::size_t most_bytes) {
  constexpr std::string_view kHead =
      "From the shared notebook (manage_context), as other agents wrote it:\n";
  const std::size_t bytes = most_bytes - std::min(most_bytes, kHead.size());
  std::string text;
  if (identity.task) AddContext(notebook, {Level::kTask, *identity.task}, text, bytes);
  AddConflicts(notebook, text, bytes);
  AddChanges(notebook, reader, text, bytes);
  for (const ContextRef& context : ContextsAbove(notebook, identity))
    AddContext(notebook, context, text, bytes);
  AddRecentTasks(notebook, identity, text, bytes);
  if (text.empty()) return text;
  return std::string(kHead) + text;
}

HookCue CueFor(const Notebook& notebook, const CueReader& reader, const std::string& since) {
  HookCue cue{.text = {}, .position = ToString(notebook.Latest())};
  const auto position = ParseChangePosition(since);
  if (!position) return cue;
  ChangesQuery query;
  query.since = *position;
  query.session = reader.session;
  query.limit = kCueChanges;
  const auto answer = notebook.Changes(query);
  if (!answer.ok()) return cue;
  std::vector<const ChangeNote*> others;
  for (const ChangeNote& change : answer.value().changes) {
    if (!IsOwn(reader, change)) others.push_back(&change);
  }
  if (others.empty()) return cue;
  const std::size_t count = others.size() + answer.value().more;
  cue.text = Shortened(std::to_string(count) + (count == 1 ? " change" : " changes") + " by " +
                           WordsFor(*others.back()),
                       kMostCueBytes);
  return cue;
}

}  // namespace contextsync

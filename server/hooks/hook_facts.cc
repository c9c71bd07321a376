#include "server/hooks/hook_facts.h"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/secrets/secret_scan.h"
#include "server/hooks/shell_line.h"

namespace contextsync {

namespace {

using std::filesystem::path;
using Texts = std::vector<std::string>;

// A turn that reads more has been looking around, not reading.
constexpr std::size_t kMostPaths = 500;
constexpr std::size_t kMostTexts = 50;
constexpr std::size_t kMostTextBytes = 4'096;
constexpr std::size_t kMostCommandBytes = 300;
constexpr std::size_t kLastLines = 3;
constexpr std::size_t kMostLineBytes = 200;
constexpr std::size_t kLookedAtBytes = 16'384;  // more than a private key

/// At most `bytes` of `text`, cut between characters.
std::string CutTo(std::string text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U)
    --bytes;
  text.resize(bytes);
  return text;
}

void AddOnce(Texts& all, const std::string& text, std::size_t most) {
  if (text.empty() || all.size() >= most) return;
  if (std::find(all.begin(), all.end(), text) == all.end()) all.push_back(text);
}

void AddAll(Texts& all, const Texts& more, std::size_t most) {
  for (const std::string& text : more)
    AddOnce(all, text, most);
}

/// The first `bytes` of a text without its secrets. They go before the cut, since a part of one is
/// not recognised; what is far beyond it is not looked at, for a hook has little time.
std::string Kept(std::string text, std::size_t bytes) {
  return CutTo(RedactedText(CutTo(std::move(text), std::max(bytes, kLookedAtBytes))), bytes);
}

/// The end of a text without its secrets, from the beginning of a line.
std::string KeptEnd(const std::string& text) {
  std::size_t begin = text.size() > kLookedAtBytes ? text.size() - kLookedAtBytes : 0;
  if (begin > 0) begin = std::min(text.find('\n', begin), text.size());
  return RedactedText(std::string_view(text).substr(begin));
}

std::string LastLines(std::string_view output) {
  Texts lines;
  while (!output.empty() && lines.size() < kLastLines) {
    const std::size_t begin = output.rfind('\n') + 1;  // npos + 1 is 0
    const std::string_view line = output.substr(begin);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos)
      lines.insert(lines.begin(), CutTo(std::string(line), kMostLineBytes));
    output = output.substr(0, begin == 0 ? 0 : begin - 1);
  }
  std::string text;
  for (const std::string& line : lines)
    text += "\n" + line;
  return text;
}

bool IsExcluded(const HookScope& scope, const path& relative) {
  const std::string whole = relative.generic_string();
  return std::any_of(scope.excluded.begin(), scope.excluded.end(), [&](const std::string& pattern) {
    if (fnmatch(pattern.c_str(), whole.c_str(), 0) == 0) return true;
    return std::any_of(relative.begin(), relative.end(), [&](const path& part) {
      return fnmatch(pattern.c_str(), part.c_str(), 0) == 0;
    });
  });
}

void AddShell(const HookEvent& event, const HookScope& scope, HookFacts& facts) {
  const ShellLine line = ReadShellLine(WithoutPrivate(event.command));
  const bool failed = event.has_failed || event.exit_code.value_or(0) != 0;
  for (const std::string& file : line.files_read) {
    if (!failed) AddOnce(facts.files_read, PathInScope(scope, event.cwd, file), kMostPaths);
  }
  for (const std::string& test : line.tests) {
    const std::string command = Kept(test, kMostCommandBytes);
    AddOnce(facts.tests_run, command, kMostTexts);
    std::string result = command + (failed ? ": failed" : ": passed");
    if (failed && event.exit_code) result += ", exit " + std::to_string(*event.exit_code);
    AddOnce(facts.test_results, result + LastLines(KeptEnd(WithoutPrivate(event.output))),
            kMostTexts);
  }
}

Texts TextsIn(const Json& json, const char* name) {
  Texts texts;
  const auto found = json.find(name);
  if (found == json.end() || !found->is_array()) return texts;
  for (const Json& text : *found) {
    if (text.is_string()) texts.push_back(text.get<std::string>());
  }
  return texts;
}

}  // namespace

bool HookFacts::IsEmpty() const {
  return files_read.empty() && files_modified.empty() && tests_run.empty() && progress.empty() &&
         understanding.empty();
}

void HookFacts::Merge(const HookFacts& more) {
  AddAll(files_read, more.files_read, kMostPaths);
  AddAll(files_modified, more.files_modified, kMostPaths);
  AddAll(tests_run, more.tests_run, kMostTexts);
  AddAll(test_results, more.test_results, kMostTexts);
  AddAll(progress, more.progress, kMostTexts);
  if (!more.understanding.empty()) understanding = more.understanding;
}

std::vector<std::string> AlwaysExcluded() {
  return {".git",    ".env",   ".env.*", "*.pem",       "*.key",        "*.p12",
          "id_rsa*", "id_ed*", ".netrc", "credentials", "node_modules", ".contextsync"};
}

std::string PathInScope(const HookScope& scope, const path& cwd, const std::string& file) {
  const path absolute = (cwd / file).lexically_normal();
  const path relative = absolute.lexically_relative(scope.root.lexically_normal());
  if (relative.empty() || relative == "." || *relative.begin() == "..") return {};
  return IsExcluded(scope, relative) ? std::string() : relative.generic_string();
}

HookFacts FactsOf(const HookEvent& event, const HookScope& scope) {
  HookFacts facts;
  const path cwd = event.cwd.empty() ? scope.root : path(event.cwd);
  for (const std::string& file : event.read)
    AddOnce(facts.files_read, PathInScope(scope, cwd, file), kMostPaths);
  for (const std::string& file : event.modified) {
    if (!event.has_failed) AddOnce(facts.files_modified, PathInScope(scope, cwd, file), kMostPaths);
  }
  if (!event.command.empty()) AddShell(event, scope, facts);
  const std::string text = Kept(WithoutPrivate(event.text), kMostTextBytes);
  if (event.moment == HookMoment::kCompacted) facts.understanding = text;
  if (event.moment == HookMoment::kProgress) AddOnce(facts.progress, text, kMostTexts);
  return facts;
}

std::string WithoutPrivate(std::string_view text) {
  constexpr std::string_view kOpen = "<private>";
  constexpr std::string_view kClose = "</private>";
  std::string rest;
  while (true) {
    const std::size_t open = text.find(kOpen);
    rest += text.substr(0, open);
    if (open == std::string_view::npos) return rest;
    const std::size_t close = text.find(kClose, open);
    if (close == std::string_view::npos) return rest;
    text.remove_prefix(close + kClose.size());
  }
}

Json FactsToData(const HookFacts& facts) {
  Json data = Json::object();
  if (!facts.files_read.empty()) data["files_read"] = facts.files_read;
  if (!facts.files_modified.empty()) data["files_modified"] = facts.files_modified;
  if (!facts.tests_run.empty()) data["tests_run"] = facts.tests_run;
  if (!facts.understanding.empty()) data["understanding"] = facts.understanding;
  std::string results;
  for (const std::string& result : facts.test_results)
    results += (results.empty() ? "" : "\n") + result;
  if (!results.empty()) data["test_results"] = results;
  Json updates = Json::array();
  for (const std::string& content : facts.progress)
    updates.push_back({{"content", content}});
  if (!updates.empty()) data["progress_updates"] = std::move(updates);
  return data;
}

Json FactsToJson(const HookFacts& facts) {
  return {{"files_read", facts.files_read}, {"files_modified", facts.files_modified},
          {"tests_run", facts.tests_run},   {"test_results", facts.test_results},
          {"progress", facts.progress},     {"understanding", facts.understanding}};
}

HookFacts ReadFacts(const Json& json) {
  HookFacts facts;
  if (!json.is_object()) return facts;
  facts.files_read = TextsIn(json, "files_read");
  facts.files_modified = TextsIn(json, "files_modified");
  facts.tests_run = TextsIn(json, "tests_run");
  facts.test_results = TextsIn(json, "test_results");
  facts.progress = TextsIn(json, "progress");
  const auto understanding = json.find("understanding");
  if (understanding != json.end() && understanding->is_string())
    facts.understanding = understanding->get<std::string>();
  return facts;
}

}  // namespace contextsync

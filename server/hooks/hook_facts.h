// HookFacts: what one turn of an agent did, as far as its client's events tell. Paths only, never
// what is in the files. Source: docs/hooks.md

#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "core/document/json.h"
#include "server/hooks/hook_event.h"

namespace contextsync {

struct HookFacts {
  std::vector<std::string> files_read;      // each once, relative to the repository, with `/`
  std::vector<std::string> files_modified;  // likewise
  std::vector<std::string> tests_run;
  std::vector<std::string> test_results;  // one per run: the command, how it ended, its last lines
  std::vector<std::string> progress;
  std::string understanding;

  [[nodiscard]] bool IsEmpty() const;

  /// Adds what `more` has besides.
  void Merge(const HookFacts& more);
};

/// Which paths count.
struct HookScope {
  std::filesystem::path root;         // of the repository, or the working directory
  std::vector<std::string> excluded;  // patterns as the shell's, over the path or its last part
};

/// What is excluded whatever a repository says.
std::vector<std::string> AlwaysExcluded();

/// `file` relative to the root, from `cwd` if it is relative; empty when it lies outside or is
/// excluded.
std::string PathInScope(const HookScope& scope, const std::filesystem::path& cwd,
                        const std::string& file);

HookFacts FactsOf(const HookEvent& event, const HookScope& scope);

/// `text` without what stands between <private> and </private>.
std::string WithoutPrivate(std::string_view text);

/// As `data` of an update.
Json FactsToData(const HookFacts& facts);

Json FactsToJson(const HookFacts& facts);
HookFacts ReadFacts(const Json& json);

}  // namespace contextsync

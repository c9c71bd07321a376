#include "server/cli/setup_command.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/document/json.h"
#include "server/cli/answer.h"
#include "server/cli/command_line.h"
#include "server/config/git_repository.h"

namespace contextsync {

namespace {

constexpr const char* kSetup = "setup";

int FailSetup(const Error& error, bool json) {
  const int code = PrintFailure(kSetup, error, json);
  if (error.code() == ErrorCode::kInvalidArgument) return kExitUsage;
  // A client's file that cannot be read or written says nothing about the notebook.
  return error.code() == ErrorCode::kNotFound ? code : kExitFailed;
}

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

void PrintLines(char sign, const std::vector<std::string_view>& lines, std::size_t begin,
                std::size_t end) {
  for (std::size_t i = begin; i < end; ++i)
    std::printf("  %c %.*s\n", sign, static_cast<int>(lines[i].size()), lines[i].data());
}

/// The lines that go and those that come, without what is the same before and behind them.
void PrintDifference(const FileChange& change) {
  const auto before = LinesOf(change.before);
  const auto after = LinesOf(change.after);
  const std::size_t most = std::min(before.size(), after.size());
  std::size_t front = 0;
  while (front < most && before[front] == after[front])
    ++front;
  std::size_t back = 0;
  while (back < most - front && before[before.size() - 1 - back] == after[after.size() - 1 - back])
    ++back;
  PrintLines('-', before, front, before.size() - back);
  PrintLines('+', after, front, after.size() - back);
}

Json ChangesToJson(const SetupArguments& arguments, const std::vector<FileChange>& changes) {
  Json files = Json::array();
  for (const FileChange& change : changes) {
    Json file = {{"path", change.file.string()}, {"change", change.change}};
    if (!change.backup.empty()) file["backup"] = change.backup.string();
    if (arguments.is_print) file["text"] = change.after;
    files.push_back(std::move(file));
  }
  return {{"client", arguments.options.client},
          {"scope", arguments.options.is_project ? "project" : "user"},
          {"dry_run", arguments.options.is_dry_run},
          {"files", std::move(files)}};
}

void PrintChanges(const SetupOptions& options, const std::vector<FileChange>& changes) {
  bool has_changed = false;
  for (const FileChange& change : changes) {
    has_changed = has_changed || change.change != "unchanged";
    const char* const would = options.is_dry_run && change.change != "unchanged" ? "would be " : "";
    std::printf("%s: %s%s\n", change.file.c_str(), would, change.change.c_str());
    if (options.is_dry_run) PrintDifference(change);
    if (!change.backup.empty() && !options.is_dry_run)
      std::printf("  as it was before: %s\n", change.backup.c_str());
  }
  if (!has_changed || options.is_dry_run || options.is_removal) return;
  const std::string next(FindClient(options.client)->next_step);
  std::printf("%s\n", next.c_str());
}

void PrintTexts(const std::vector<FileChange>& changes) {
  for (const FileChange& change : changes)
    std::printf("# %s\n%s", change.file.c_str(), change.after.c_str());
}

/// This program by the path it was started from.
std::filesystem::path OwnProgram() {
  std::error_code error;
  auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path("contextsync") : program;
}

}  // namespace

SetupPlaces PlacesHere(const Environment& environment,
                       const std::filesystem::path& working_directory) {
  const auto repository = FindGitRepository(working_directory);
  return {.environment = environment,
          .project = repository ? repository->root : working_directory,
          .program = OwnProgram()};
}

int RunSetup(const SetupArguments& arguments, const Environment& environment,
             const std::filesystem::path& working_directory) {
  if (arguments.is_user && arguments.options.is_project) {
    return FailSetup(Error(ErrorCode::kInvalidArgument, "it is either --user or --project"),
                     arguments.json);
  }
  const SetupPlaces places = PlacesHere(environment, working_directory);
  const auto changes = arguments.is_print ? PrintedSetup(arguments.options, places)
                                          : RunSetupPlan(arguments.options, places);
  if (!changes.ok()) return FailSetup(changes.error(), arguments.json);
  if (arguments.json) {
    PrintAnswer(kSetup, ChangesToJson(arguments, changes.value()));
  } else if (arguments.is_print) {
    PrintTexts(changes.value());
  } else {
    PrintChanges(arguments.options, changes.value());
  }
  return kExitDone;
}

}  // namespace contextsync

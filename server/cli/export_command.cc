#include "server/cli/export_command.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <set>
#include <system_error>
#include <vector>

#include <nlohmann/json.hpp>

#include "server/app/notebook_door.h"
#include "server/app/transfer.h"
#include "server/cli/answer.h"
#include "server/cli/command_line.h"
#include "server/cli/people.h"
#include "server/cli/progress.h"
#include "server/transfer/context_page.h"
#include "server/transfer/output_file.h"

namespace contextsync {

namespace {

using std::filesystem::path;

constexpr const char* kExport = "export";
constexpr mode_t kPrivateDirectory = 0700;

using TakeLine = std::function<Status(const ContextRef& context, const std::string& line)>;

/// Every context's line, those above first. Returns how many there were.
Result<std::size_t> ForEachLine(NotebookDoor& door, const TakeLine& take) {
  Progress progress("exported");
  CONTEXTSYNC_ASSIGN_OR_RETURN(const Json all, door.Call(RequestForContexts()));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto contexts, ContextsFromAnswer(all));
  std::size_t count = 0;
  for (std::size_t at = 0; at < contexts.size();) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const Json answer, door.Call(RequestForLines(contexts, at)));
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto lines, LinesFromAnswer(answer));
    for (const std::string& line : lines) {
      if (at == contexts.size()) break;
      const ContextRef& context = contexts[at++];
      if (line.empty()) continue;  // deleted since
      CONTEXTSYNC_RETURN_IF_ERROR(take(context, line));
      progress.Show(++count, at, contexts.size());
    }
  }
  return count;
}

Result<std::size_t> ExportLines(NotebookDoor& door, const std::string& file) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto output, OutputFile::Create(file));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const std::size_t count,
                               ForEachLine(door, [&](const ContextRef&, const std::string& line) {
                                 return output->Write(line + "\n");
                               }));
  CONTEXTSYNC_RETURN_IF_ERROR(output->Commit());
  return count;
}

/// A directory of our own below `parent`: nothing is written through a link that leads elsewhere.
Status MakeLevelDirectory(const path& directory) {
  if (mkdir(directory.c_str(), kPrivateDirectory) == 0) return {};
  const int error = errno;
  std::error_code ignored;
  const auto status = std::filesystem::symlink_status(directory, ignored);
  if (error == EEXIST && std::filesystem::is_directory(status)) return {};
  return Error(ErrorCode::kInvalidArgument,
               directory.string() + ": " + std::generic_category().message(error));
}

Status WritePage(const path& directory, const ContextRef& context, const std::string& line) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const Json read, ParseStrict(line, kWireJsonLimits));
  const path file = directory / ToString(context.level) / PageName(context.id);
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto output,
                               OutputFile::Create(file, OutputFile::Links::kReplace));
  CONTEXTSYNC_RETURN_IF_ERROR(output->Write(ShownLines(MarkdownPage(read))));
  return output->Commit();
}

Result<std::size_t> ExportPages(NotebookDoor& door, const path& directory) {
  std::error_code code;
  std::filesystem::create_directories(directory.parent_path(), code);
  if (mkdir(directory.c_str(), kPrivateDirectory) != 0 && errno != EEXIST)
    return Error(ErrorCode::kInvalidArgument,
                 directory.string() + ": " + std::generic_category().message(errno));
  std::set<Level> levels;  // whose directories are there
  return ForEachLine(door, [&](const ContextRef& context, const std::string& line) -> Status {
    if (levels.insert(context.level).second)
      CONTEXTSYNC_RETURN_IF_ERROR(MakeLevelDirectory(directory / ToString(context.level)));
    return WritePage(directory, context, line);
  });
}

}  // namespace

int RunExport(const Settings& settings, const ExportArguments& arguments) {
  const bool is_tree = !arguments.markdown.empty();
  if (is_tree != arguments.file.empty()) {
    std::fputs("contextsync export: say either FILE, - or --markdown DIR\n", stderr);
    return kExitUsage;
  }
  NotebookDoor door(
      {.data_dir = settings.data_dir, .workspace = settings.workspace, .hub = settings.hub},
      &AnswerTransferRequest);
  const std::string& where = is_tree ? arguments.markdown : arguments.file;
  const auto count = is_tree ? ExportPages(door, path(where) / "") : ExportLines(door, where);
  if (!count.ok()) return PrintFailure(kExport, count.error(), arguments.json);
  if (arguments.file == "-") return kExitDone;
  if (arguments.json) {
    PrintAnswer(kExport, {{"path", where}, {"contexts", count.value()}});
  } else {
    std::printf("%s: %zu contexts\n", where.c_str(), count.value());
  }
  return kExitDone;
}

}  // namespace contextsync

#include "server/cli/import_command.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "server/app/notebook_door.h"
#include "server/app/transfer.h"
#include "server/cli/answer.h"
#include "server/cli/command_line.h"
#include "server/cli/people.h"
#include "server/cli/progress.h"
#include "server/config/git_identity.h"
#include "server/transfer/import_reader.h"

namespace contextsync {

namespace {

constexpr const char* kImport = "import";
constexpr std::size_t kMostListed = 1'000;  // of lines that failed; all are counted

struct ImportReport {
  std::uint64_t written = 0;
  std::uint64_t skipped = 0;
  std::uint64_t failed_count = 0;
  Json failed = Json::array();  // the first ones

  [[nodiscard]] std::uint64_t contexts() const { return written + skipped + failed_count; }
};

/// LEVEL/ID; the id may hold slashes, too.
Result<ContextRef> ParsePlace(const std::string& text) {
  const std::size_t slash = text.find('/');
  const auto level = ParseLevel(text.substr(0, slash));
  if (!level || slash == std::string::npos)
    return Error(ErrorCode::kInvalidArgument, "--into takes LEVEL/ID, for example project/app");
  ContextRef place{*level, text.substr(slash + 1)};
  const Status valid = ValidateContextRef(place);
  if (!valid.ok()) return Error(ErrorCode::kInvalidArgument, "--into: " + valid.error().message());
  return place;
}

/// A directory that stands in for a notebook nobody has made yet.
class PassingDirectory {
 public:
  PassingDirectory() {
    std::error_code error;
    auto name =
        (std::filesystem::temp_directory_path(error) / "contextsync-import-XXXXXX").string();
    if (!error && mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~PassingDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  PassingDirectory(const PassingDirectory&) = delete;
  PassingDirectory& operator=(const PassingDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void NoteFailure(ImportReport& report, std::size_t line, const ImportFault& fault) {
  ++report.failed_count;
  if (report.failed.size() >= kMostListed) return;
  report.failed.push_back({{"line", line},
                           {"level", fault.level},
                           {"context_id", fault.context_id},
                           {"code", fault.code},
                           {"message", fault.message}});
}

/// What ends the whole import: nothing can be written any more.
bool IsStorageTrouble(const std::string& code) {
  return code.starts_with("STORAGE_");
}

class Importer {
 public:
  Importer(NotebookDoor& door, std::string agent, bool is_rehearsal)
      : door_(door), agent_(std::move(agent)), is_rehearsal_(is_rehearsal) {}

  Status Import(ImportReader& reader) {
    Progress progress(is_rehearsal_ ? "looked at" : "imported");
    while (true) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(auto entry, reader.Next());
      if (!entry) return {};
      CONTEXTSYNC_RETURN_IF_ERROR(Take(*entry));
      progress.Show(report_.contexts(), reader.source().bytes_read(), reader.source().size());
    }
  }

  [[nodiscard]] const ImportReport& report() const { return report_; }

 private:
  Status Take(const ImportEntry& entry) {
    if (!entry.item) {
      NoteFailure(report_, entry.line, entry.fault);
      return {};
    }
    const ImportItem& item = *entry.item;
    CONTEXTSYNC_ASSIGN_OR_RETURN(const Json answer,
                                 door_.Call(RequestToWrite({.context = item.context,
                                                            .parent_id = item.parent_id,
                                                            .data = item.data,
                                                            .agent = agent_,
                                                            .is_rehearsal = is_rehearsal_})));
    CONTEXTSYNC_ASSIGN_OR_RETURN(const TransferResult result, ResultFromAnswer(answer));
    if (IsStorageTrouble(result.code))
      return Error(
          result.code == "STORAGE_FULL" ? ErrorCode::kStorageFull : ErrorCode::kUnavailable,
          "line " + std::to_string(entry.line) + ": " + result.message);
    Count(result.outcome);
    if (result.outcome == TransferOutcome::kRefused)
      NoteFailure(report_, entry.line,
                  {result.code, result.message, std::string(ToString(item.context.level)),
                   item.context.id});
    return {};
  }

  void Count(TransferOutcome outcome) {
    // What is there already when it is repeated was most likely written by the first attempt.
    const bool is_own = outcome == TransferOutcome::kSkipped && door_.was_uncertain();
    if (outcome == TransferOutcome::kWritten || is_own) {
      ++report_.written;
    } else if (outcome == TransferOutcome::kSkipped) {
      ++report_.skipped;
    }
  }

  NotebookDoor& door_;
  const std::string agent_;
  const bool is_rehearsal_;
  ImportReport report_;
};

Result<ImportReport> Import(const Settings& settings, const ImportArguments& arguments,
                            const ContextRef& into) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      const auto reader,
      ImportReader::Open({arguments.file,
                          ParseImportFormat(arguments.format).value_or(ImportFormat::kAuto),
                          into}));
  ToolOnceOptions options{
      .data_dir = settings.data_dir, .workspace = settings.workspace, .hub = settings.hub};
  const bool is_missing = !NotebookDoor(options, &AnswerTransferRequest).HasNotebook();
  const bool is_on_paper = arguments.is_dry_run && is_missing;
  std::unique_ptr<PassingDirectory> passing;
  if (is_on_paper) {
    passing = std::make_unique<PassingDirectory>();
    options.data_dir = passing->path();
  }
  NotebookDoor door(options, &AnswerTransferRequest);
  if (is_missing) CONTEXTSYNC_RETURN_IF_ERROR(door.Prepare());
  const std::string agent = settings.agent.empty() ? kImport : settings.agent;
  Importer importer(door, agent, arguments.is_dry_run && !is_on_paper);
  CONTEXTSYNC_RETURN_IF_ERROR(importer.Import(*reader));
  return importer.report();
}

void PrintJson(const ImportReport& report, bool is_dry_run) {
  Json data = {{"contexts", report.contexts()},
               {"written", report.written},
               {"skipped", report.skipped},
               {"failed", report.failed},
               {"dry_run", is_dry_run}};
  if (report.failed_count > report.failed.size()) data["failed_count"] = report.failed_count;
  PrintAnswer(kImport, std::move(data));
}

void PrintWords(const ImportReport& report, bool is_dry_run) {
  std::printf("%s: %llu %s, %llu there already, %llu failed\n",
              Counted(report.contexts(), "context").c_str(),
              static_cast<unsigned long long>(report.written),
              is_dry_run ? "would be written" : "written",
              static_cast<unsigned long long>(report.skipped),
              static_cast<unsigned long long>(report.failed_count));
  for (const Json& failed : report.failed) {
    const auto text = [&failed](const char* name) { return Shown(failed.value(name, "")); };
    const std::string context =
        text("level").empty() ? "" : text("level") + " " + text("context_id") + ": ";
    std::fprintf(stderr, "contextsync: line %s: %s%s %s\n", failed["line"].dump().c_str(),
                 context.c_str(), text("code").c_str(), text("message").c_str());
  }
}

}  // namespace

int RunImport(const Settings& settings, const ImportArguments& arguments) {
  const auto into = arguments.into.empty()
                        ? ContextRef{Level::kProject, ReadGitIdentity(arguments.directory).project}
                        : ParsePlace(arguments.into);
  if (!into.ok()) {
    std::fprintf(stderr, "contextsync import: %s\n", into.error().message().c_str());
    return kExitUsage;
  }
  const auto report = Import(settings, arguments, into.value());
  if (!report.ok()) return PrintFailure(kImport, report.error(), arguments.json);
  if (arguments.json) {
    PrintJson(report.value(), arguments.is_dry_run);
  } else {
    PrintWords(report.value(), arguments.is_dry_run);
  }
  return report.value().failed_count == 0 ? kExitDone : kExitFailed;
}

}  // namespace contextsync

#include "server/app/notebook_check.h"

#include "server/app/notebook_host.h"
#include "server/app/system_clock.h"

namespace contextsync {

Result<NotebookCheck> CheckNotebook(const std::filesystem::path& data_dir,
                                    const WorkspaceId& workspace) {
  const auto directory = NotebookDirectory(data_dir, workspace);
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error)) {
    return Error(ErrorCode::kNotFound, "there is no notebook at " + directory.string());
  }
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto lock, NotebookLock::Acquire(directory.string()));
  RocksOptions rocks;
  rocks.directory = directory.string();
  rocks.tables = Notebook::TableNames();
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto store, RocksTableStore::Open(std::move(rocks)));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto mark, FileHighWaterMark::Open(directory.string()));
  SystemClock clock;
  SystemRandom random;
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      const auto notebook,
      Notebook::Open(*store, *mark, clock, random, {.workspace = workspace, .has_hub = true}));
  NotebookCheck check;
  check.path = directory;
  CONTEXTSYNC_ASSIGN_OR_RETURN(check.fingerprint, notebook->Fingerprint());
  const auto summary = notebook->Summary();
  check.bytes = summary.bytes;
  if (summary.recovery) check.problems.push_back(summary.recovery->message);
  return check;
}

}  // namespace contextsync

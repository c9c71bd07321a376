#include "server/app/index_keeper.h"

#include <chrono>

#include <nlohmann/json.hpp>

#include "core/base/log.h"
#include "core/ports/json_reader.h"
#include "server/app/ask_owner.h"
#include "server/app/offline_notebook.h"

namespace contextsync {

namespace {

constexpr std::chrono::seconds kIndexPeriod{1};
// Writers wait for a piece of work that is being done: some milliseconds.
constexpr std::size_t kContextsPerPiece = 32;
constexpr const char* kIndexCommand = "rebuild_index";
constexpr std::chrono::seconds kIndexTimeout{60};

Status RebuildAlone(const std::filesystem::path& data_dir, const WorkspaceId& workspace) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto offline, OfflineNotebook::Open(data_dir, workspace));
  return offline->notebook().RebuildIndex();
}

}  // namespace

IndexKeeper::IndexKeeper(Notebook& notebook)
    : notebook_(notebook), thread_([this](const std::stop_token& stop) { Keep(stop); }) {}

IndexKeeper::~IndexKeeper() {
  thread_.request_stop();
  {
    // Under the mutex, or the notification could fall between the test and the wait.
    const MutexLock lock(mu_);
    stopped_.NotifyAll();
  }
  thread_.join();
}

void IndexKeeper::Keep(const std::stop_token& stop) {
  while (true) {
    {
      // First of all: a process that has just started has more urgent things to do.
      const auto until = std::chrono::steady_clock::now() + kIndexPeriod;
      const MutexLock lock(mu_);
      while (!stop.stop_requested() && stopped_.WaitUntil(mu_, until)) {
      }
    }
    for (bool is_complete = false; !is_complete && !stop.stop_requested();) {
      const auto indexed = notebook_.IndexSome(kContextsPerPiece);
      is_complete = !indexed.ok() || indexed.value();  // a search says what is wrong
    }
    if (stop.stop_requested()) return;
    const Status scrubbed = notebook_.Scrub();
    if (!scrubbed.ok()) {
      CONTEXTSYNC_LOG(kWarning, "what was purged may still be in the notebook's files",
                      {{"reason", scrubbed.error().message()}});
    }
  }
}

Status RebuildIndexOf(const std::filesystem::path& data_dir, const WorkspaceId& workspace) {
  const StorePlace place = NotebookPlace(data_dir, workspace);
  return AloneOrByOwner<void>(
      [&] { return RebuildAlone(data_dir, workspace); },
      [&] {
        const auto answer = AskOwner(place, {{"command", kIndexCommand}}, kIndexTimeout);
        return answer.ok() ? Status() : Status(answer.error());
      });
}

std::optional<Result<Json>> AnswerIndexRequest(Notebook& notebook, const Json& request) {
  JsonReader reader(request);
  if (reader.TextOr("command", "") != kIndexCommand) return std::nullopt;
  Status done = notebook.RebuildIndex();
  if (!done.ok()) return Result<Json>(std::move(done).error());
  return Result<Json>(Json{{"rebuilt", true}});
}

}  // namespace contextsync

// IndexKeeper: takes changed contexts into the search index while nobody waits, so that a search
// has little left to do, and has what was purged leave the files. No call depends on it.

#pragma once

#include <optional>
#include <thread>

#include "core/base/mutex.h"
#include "core/notebook/notebook.h"
#include "server/app/store_place.h"

namespace contextsync {

class IndexKeeper {
 public:
  /// Lifetime: the notebook must outlive the keeper.
  explicit IndexKeeper(Notebook& notebook);

  /// Ends within one small piece of work.
  ~IndexKeeper();

  IndexKeeper(const IndexKeeper&) = delete;
  IndexKeeper& operator=(const IndexKeeper&) = delete;

 private:
  void Keep(const std::stop_token& stop);

  Notebook& notebook_;
  Mutex mu_;
  CondVar stopped_;
  std::jthread thread_;  // last: it uses the rest
};

/// Has the search index of a notebook made anew, open or not.
/// Errors: kNotFound without a notebook; those of opening it.
Status RebuildIndexOf(const std::filesystem::path& data_dir, const WorkspaceId& workspace);

/// The owner's side of that; nothing when `request` is another command.
std::optional<Result<Json>> AnswerIndexRequest(Notebook& notebook, const Json& request);

}  // namespace contextsync

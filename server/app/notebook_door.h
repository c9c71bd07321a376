// NotebookDoor: many requests of one command to a notebook: to the process that has it open, or
// done here while none has. Source: docs/command_line.md#while-agents-work

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "core/base/result.h"
#include "core/document/json.h"
#include "server/app/offline_notebook.h"
#include "server/app/store_place.h"
#include "server/app/tool_once.h"

namespace contextsync {

/// Every request must be harmless when it is done twice. Thread-safety: one thread.
class NotebookDoor {
 public:
  /// Does one request on an open notebook.
  using Answerer = std::function<std::optional<Result<Json>>(Notebook&, const Json& request)>;

  NotebookDoor(ToolOnceOptions options, Answerer answerer);

  /// Makes the notebook where there is none. Errors: those of its directories.
  Status Prepare() const;
  [[nodiscard]] bool HasNotebook() const;

  /// Blocks. Errors: kNotFound without a notebook; those of opening it and of the request;
  /// kConflict when whoever has it open does not answer.
  Result<Json> Call(const Json& request);

  /// Whether the last call may have been done twice, since whoever did it ended before answering.
  [[nodiscard]] bool was_uncertain() const { return was_uncertain_; }

 private:
  using Instant = std::chrono::steady_clock::time_point;

  Result<Json> CallAlone(const Json& request);
  Result<Json> Answer(const Json& request);
  void LetOthersIn();

  const ToolOnceOptions options_;
  const Answerer answerer_;
  const StorePlace place_;
  std::unique_ptr<OfflineNotebook> offline_;  // null: not open here
  Instant opened_;
  bool was_uncertain_ = false;
};

}  // namespace contextsync

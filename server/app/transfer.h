// What `contextsync export` and `import` ask of the process that has the notebook open, or do
// themselves where none has. Source: docs/transfer.md

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/document/context_ref.h"
#include "core/document/json.h"
#include "core/notebook/notebook.h"

namespace contextsync {

/// One context to write as an ordinary update.
struct TransferWrite {
  ContextRef context;
  std::string parent_id;  // of a new one; empty: the usual parents
  std::string data;       // text of an object
  std::string agent;
  bool is_rehearsal = false;  // only say what would become of it
};

enum class TransferOutcome { kWritten, kSkipped, kRefused };

struct TransferResult {
  TransferOutcome outcome = TransferOutcome::kWritten;
  std::string code;  // of a refusal
  std::string message;
};

// ── requests, and their answers ──

Json RequestForContexts();
Result<std::vector<ContextRef>> ContextsFromAnswer(const Json& answer);

/// Asks for the lines of `contexts` from the `from`th on: some, but at least one.
Json RequestForLines(const std::vector<ContextRef>& contexts, std::size_t from);

/// One line of an export for each context in order; empty for one that is gone.
Result<std::vector<std::string>> LinesFromAnswer(const Json& answer);

Json RequestToWrite(const TransferWrite& write);
Result<TransferResult> ResultFromAnswer(const Json& answer);

/// Does what `request` asks; nothing when it is another command.
///
/// Every write has an op_id made from what it writes: the same one again is passed over, even if
/// the context has changed since, but not if it was deleted.
std::optional<Result<Json>> AnswerTransferRequest(Notebook& notebook, const Json& request);

}  // namespace contextsync

// ActionContext: what building an operation may know, and the factories of all actions of
// manage_context.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/ports/clock.h"
#include "core/tools/argument_reader.h"
#include "core/tools/identity.h"
#include "core/tools/object_text.h"
#include "core/tools/operation.h"
#include "core/tools/parameters.h"
#include "core/tools/resolve_cache.h"
#include "core/tools/session.h"

namespace contextsync {

struct ActionContext {
  const Identity& identity;  // of this call: an operation keeps a copy
  Clock& clock;
  Random& random;
  Session& session;
  const NormalArguments& arguments;
  ResolveCache& resolve_cache;

  /// "manage_context.get".
  [[nodiscard]] std::string OperationName() const;
};

/// The operation that context.arguments.action names, from the factories below. Not to be run when
/// `in` holds a refusal afterwards.
std::unique_ptr<Operation> MakeOperation(ArgumentReader& in, const ActionContext& context);

// Each reads its arguments from `in`.
std::unique_ptr<Operation> MakeUpdate(ArgumentReader& in,
                                      const ActionContext& context);  // and create
std::unique_ptr<Operation> MakeAppend(ArgumentReader& in,
                                      const ActionContext& context);  // add_insight, add_progress
std::unique_ptr<Operation> MakeDelete(ArgumentReader& in, const ActionContext& context);
std::unique_ptr<Operation> MakeDelegate(ArgumentReader& in, const ActionContext& context);
std::unique_ptr<Operation> MakeGet(ArgumentReader& in, const ActionContext& context);
std::unique_ptr<Operation> MakeResolve(ArgumentReader& in,
                                       const ActionContext& context);  // get include_inherited too
std::unique_ptr<Operation> MakeList(ArgumentReader& in, const ActionContext& context);
std::unique_ptr<Operation> MakeSearch(ArgumentReader& in, const ActionContext& context);
std::unique_ptr<Operation> MakeHistory(ArgumentReader& in, const ActionContext& context);
std::unique_ptr<Operation> MakeDiff(ArgumentReader& in, const ActionContext& context);
std::unique_ptr<Operation> MakeRevert(ArgumentReader& in, const ActionContext& context);
std::unique_ptr<Operation> MakeChanges(ArgumentReader& in,
                                       const ActionContext& context);  // and watch
std::unique_ptr<Operation> MakeConflicts(ArgumentReader& in, const ActionContext& context);
std::unique_ptr<Operation> MakeResolveConflict(ArgumentReader& in, const ActionContext& context);
std::unique_ptr<Operation> MakeBatch(ArgumentReader& in, const ActionContext& context);

/// Members every shown context has: level, context_id, parent, version, created_at, updated_at,
/// updated_by …
ObjectText InfoText(const ContextInfo& info);

}  // namespace contextsync

// Errors of the layers below as refusals.

#pragma once

#include "core/document/compile.h"
#include "core/notebook/refusal.h"

namespace contextsync {

/// A failure of the store or of stored data: STORAGE_FULL, STORAGE_UNAVAILABLE …
Refusal RefusalFor(const Error& error);

/// The same; what is invalid is the argument `parameter`.
Refusal RefusalFor(const Error& error, std::string_view parameter);

/// TOO_LARGE {what, limit, actual}, TOO_DEEP {limit}, INVALID_ARGUMENT {path}.
Refusal RefusalFor(const CompileError& error);

}  // namespace contextsync

/// As CONTEXTSYNC_RETURN_IF_ERROR and CONTEXTSYNC_ASSIGN_OR_RETURN, in functions that answer a
/// Refusal.
#define CONTEXTSYNC_REFUSE_IF_ERROR(expr)                             \
  do {                                                                \
    if (auto st_ = (expr); !st_.ok()) return RefusalFor(st_.error()); \
  } while (false)

#define CONTEXTSYNC_ASSIGN_OR_REFUSE(lhs, expr) \
  CONTEXTSYNC_AOR_REFUSE_(CONTEXTSYNC_CAT(res_, __LINE__), lhs, expr)
#define CONTEXTSYNC_AOR_REFUSE_(tmp, lhs, expr)             \
  auto tmp = (expr);                                        \
  if (!tmp.ok()) return RefusalFor(std::move(tmp).error()); \
  lhs = std::move(tmp).value()

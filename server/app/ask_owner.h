// AloneOrByOwner: how a command gets at a store that only one process may have open: by opening it,
// or by asking the process that has it. Source: docs/command_line.md#while-agents-work

#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "core/base/result.h"
#include "core/document/json.h"
#include "server/app/store_place.h"

namespace contextsync {

/// Runs `alone`, which opens the store itself; if that answers kConflict, since a process has the
/// store open, `ask`, which must answer kUnavailable only when that process was not reached at all.
/// In between both may fail for a moment: a process that starts holds the lock before it listens,
/// one that stops, after. Blocks.
///
/// Errors: those of both; kConflict when the process does not answer.
template <typename T>
Result<T> AloneOrByOwner(const std::function<Result<T>()>& alone,
                         const std::function<Result<T>()>& ask) {
  constexpr std::chrono::seconds kPatience{5};
  constexpr std::chrono::milliseconds kPause{50};
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    Result<T> done = alone();
    if (done.ok() || done.error().code() != ErrorCode::kConflict) return done;
    Result<T> asked = ask();
    // Only a process that was not reached may be asked again: it may have acted all the same.
    if (asked.ok() || asked.error().code() != ErrorCode::kUnavailable) return asked;
    if (std::chrono::steady_clock::now() > give_up)
      return Error(ErrorCode::kConflict, done.error().message() + ", which does not answer");
    std::this_thread::sleep_for(kPause);
  }
}

/// Sends `request` to the process that has the store open, and returns its answer or the error that
/// it tells.
/// Errors: kUnavailable when it was not reached; kTimeout when it may have acted all the same.
Result<Json> AskOwner(const StorePlace& place, const Json& request,
                      std::chrono::milliseconds timeout);

}  // namespace contextsync

// SyncOnce: one synchronisation from the command line: by the process that has the notebook open,
// or on the notebook itself when none has.

#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "server/app/hub_connection.h"
#include "server/app/sync_report.h"

namespace contextsync {

struct SyncOnceOptions {
  std::filesystem::path data_dir;
  HubConnectionOptions connection;
  std::chrono::milliseconds timeout{0};
};

/// Blocks for `timeout` at most, and some seconds more while a process lets go of the notebook.
///
/// Errors: kNotFound when there is no notebook; kConflict when a process has it open that cannot be
/// asked, or has no hub; as opening it otherwise. A hub that does not answer is no error: the
/// report says so.
Result<SyncReport> SyncOnce(const SyncOnceOptions& options);

/// The request SyncOnce sends to the process that has the notebook open …
Json SyncRequest(const SyncOnceOptions& options);

/// … and what that process does with it. Nothing: it is another request. `connection` is null
/// without a hub. A hub is adopted only if it is the one that the request names.
std::optional<Result<Json>> AnswerSyncRequest(HubConnection* connection, const Notebook& notebook,
                                              Clock& clock, const Json& request);

}  // namespace contextsync

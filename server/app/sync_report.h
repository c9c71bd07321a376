// SyncReport: what one synchronisation achieved, as `contextsync sync` prints it and as the process
// that has the notebook open tells it.

#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "core/document/json.h"
#include "core/notebook/notebook.h"
#include "core/ports/clock.h"
#include "core/sync/sync_engine.h"

namespace contextsync {

struct SyncReport {
  std::uint64_t pushed = 0;  // entries the hub confirmed
  std::uint64_t pulled = 0;  // feed items applied
  std::uint64_t pending = 0;
  std::uint64_t parked = 0;
  std::uint64_t head = 0;  // the hub's, as last heard
  bool complete = false;   // everything the hub had is here, and it has answered every entry
  std::string problem;     // why not, in words; empty: no reason is known
};

/// Synchronises until everything is exchanged, the hub is known not to answer, or `deadline`.
SyncReport SyncToTheEnd(SyncEngine& engine, const Notebook& notebook, Clock& clock,
                        Clock::Instant deadline);

Json SyncReportToJson(const SyncReport& report);
Result<SyncReport> ReadSyncReport(const Json& json);

}  // namespace contextsync

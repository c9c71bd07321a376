#include "server/app/sync_once.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/ports/json_reader.h"
#include "server/app/ask_owner.h"
#include "server/app/hook_intake.h"
#include "server/app/store_place.h"
#include "server/app/system_clock.h"
#include "server/config/hub_url.h"
#include "storage/rocks/file_high_water_mark.h"
#include "storage/rocks/notebook_lock.h"
#include "storage/rocks/rocks_table_store.h"

namespace contextsync {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kAnswerMargin{5'000};  // for the way back, beyond the work itself
constexpr milliseconds kLongestSync{600'000};
constexpr const char* kSyncCommand = "sync";

Result<SyncReport> SyncClosed(const StorePlace& place, const SyncOnceOptions& options) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto lock, NotebookLock::Acquire(place.directory));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto store, RocksTableStore::Open(place.Options()));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto mark, FileHighWaterMark::Open(place.directory));
  SystemClock clock;
  SystemRandom random;
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      const auto notebook,
      Notebook::Open(*store, *mark, clock, random,
                     {.workspace = options.connection.workspace, .has_hub = true}));
  SyncReport report;
  {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto connection,
                                 HubConnection::Open(*notebook, clock, random, options.connection));
    const auto deadline = clock.Now() + options.timeout;
    report = SyncToTheEnd(connection->engine(), *notebook, clock, deadline);
    const HookDoor door{*notebook, connection->engine(),
                        SpoolDirectory(options.data_dir, options.connection.workspace)};
    if (TakeSpool(door) > 0) {
      const SyncReport first = report;
      report = SyncToTheEnd(connection->engine(), *notebook, clock, deadline);
      report.pushed += first.pushed;
      report.pulled += first.pulled;
    }
  }
  CONTEXTSYNC_RETURN_IF_ERROR(notebook->Flush());
  CONTEXTSYNC_RETURN_IF_ERROR(notebook->Scrub());
  return report;
}

/// The address as a connection writes it.
std::string OriginOf(const std::string& hub) {
  const auto url = ParseHubUrl(hub, /*allow_plain_http=*/true);
  return url.ok() ? url.value().ToString() : hub;
}

Result<SyncReport> SyncByOwner(const StorePlace& place, const SyncOnceOptions& options) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      const Json answer, AskOwner(place, SyncRequest(options), options.timeout + kAnswerMargin));
  return ReadSyncReport(answer);
}

}  // namespace

Result<SyncReport> SyncOnce(const SyncOnceOptions& options) {
  const StorePlace place = NotebookPlace(options.data_dir, options.connection.workspace);
  std::error_code code;
  if (!std::filesystem::is_directory(place.directory, code))
    return Error(ErrorCode::kNotFound, "there is no notebook at " + place.directory);
  return AloneOrByOwner<SyncReport>([&] { return SyncClosed(place, options); },
                                    [&] { return SyncByOwner(place, options); });
}

Json SyncRequest(const SyncOnceOptions& options) {
  Json request = {{"command", kSyncCommand}, {"timeout_ms", options.timeout.count()}};
  if (options.connection.adopt_hub) request["adopt_hub"] = OriginOf(options.connection.hub);
  return request;
}

std::optional<Result<Json>> AnswerSyncRequest(HubConnection* connection, const Notebook& notebook,
                                              Clock& clock, const Json& request) {
  JsonReader reader(request);
  if (reader.TextOr("command", "") != kSyncCommand) return std::nullopt;
  const auto most = static_cast<std::uint64_t>(kLongestSync.count());
  const std::uint64_t timeout = std::min(reader.NumberOr("timeout_ms", 0), most);
  const std::string adopted = reader.TextOr("adopt_hub", "");
  if (connection == nullptr) {
    return Result<Json>(
        Error(ErrorCode::kConflict, "the process that has the notebook open was given no hub"));
  }
  if (!adopted.empty() && adopted != connection->origin()) {
    return Result<Json>(
        Error(ErrorCode::kConflict, "the process that has the notebook open talks to the hub " +
                                        connection->origin() + ", not to " + adopted));
  }
  if (!adopted.empty()) connection->engine().AdoptHub();
  const auto deadline = clock.Now() + milliseconds(timeout);
  return Result<Json>(
      SyncReportToJson(SyncToTheEnd(connection->engine(), notebook, clock, deadline)));
}

}  // namespace contextsync

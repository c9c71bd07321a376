#include "server/app/sync_report.h"

#include <nlohmann/json.hpp>

#include "core/ports/json_reader.h"

namespace contextsync {

SyncReport SyncToTheEnd(SyncEngine& engine, const Notebook& notebook, Clock& clock,
                        Clock::Instant deadline) {
  SyncReport report;
  bool goes_on = true;
  while (goes_on) {
    const SyncOutcome outcome = engine.SyncNow(deadline);
    report.pushed += outcome.pushed;
    report.pulled += outcome.pulled;
    report.complete = outcome.complete;
    // Behind a busy hub, or with writes that came meanwhile, there is more to do; without progress
    // there is nobody to do it with.
    const bool has_moved = outcome.pushed + outcome.pulled > 0;
    goes_on = !outcome.complete && has_moved && clock.Now() < deadline;
  }
  const NotebookSummary summary = notebook.Summary();
  report.pending = summary.pending;
  report.parked = summary.parked;
  report.head = notebook.Position().head.value;
  const SyncStatus status = engine.Status();
  if (!report.complete && status.last_error) report.problem = status.last_error->message;
  return report;
}

Json SyncReportToJson(const SyncReport& report) {
  return {{"pushed", report.pushed},  {"pulled", report.pulled}, {"pending", report.pending},
          {"parked", report.parked},  {"head", report.head},     {"complete", report.complete},
          {"problem", report.problem}};
}

Result<SyncReport> ReadSyncReport(const Json& json) {
  JsonReader reader(json);
  SyncReport report;
  report.pushed = reader.Number("pushed");
  report.pulled = reader.Number("pulled");
  report.pending = reader.Number("pending");
  report.parked = reader.Number("parked");
  report.head = reader.Number("head");
  report.complete = reader.BoolOr("complete", false);
  report.problem = reader.TextOr("problem", "");
  CONTEXTSYNC_RETURN_IF_ERROR(reader.status());
  return report;
}

}  // namespace contextsync

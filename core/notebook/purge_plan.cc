#include "core/document/codec.h"
#include "core/document/purge.h"
#include "core/notebook/journal.h"
#include "core/notebook/parking.h"
#include "core/notebook/purging.h"
#include "core/notebook/tables.h"

namespace contextsync::purging {

namespace {

/// Counts what a purge would touch; lives for that long.
class Planner {
 public:
  Planner(const Changeset& changes, const PurgeRequest& request)
      : tables_(changes.tables()), changes_(changes), request_(request) {}

  Result<PurgePlan> Run() {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const DocumentPtr document, changes_.Find(request_.context));
    if (document == nullptr) return plan_;
    plan_.is_known = true;
    plan_.is_shown = !WritesAt(*document->state, request_.path).empty();
    for (const auto& prefix : {keys::Numbered(request_.context), keys::Folded(request_.context)})
      CONTEXTSYNC_RETURN_IF_ERROR(CountVersions(prefix));
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto entries, journal::EntriesOf(tables_, request_.context));
    for (const JournalEntry& entry : entries)
      CONTEXTSYNC_RETURN_IF_ERROR(Count(entry, plan_.pending));
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto parked, parking::All(tables_));
    for (const ParkedEntry& one : parked) {
      if (one.entry.push.context == request_.context)
        CONTEXTSYNC_RETURN_IF_ERROR(Count(one.entry, plan_.parked));
    }
    return plan_;
  }

 private:
  Status CountVersions(const std::string& prefix) {
    Status read;
    CONTEXTSYNC_RETURN_IF_ERROR(tables_.Scan(tables::kHistory, PrefixRange(prefix),
                                             [&](std::string_view, std::string_view value) {
                                               read = CountVersion(value);
                                               return read.ok();
                                             }));
    return read;
  }

  Status CountVersion(std::string_view value) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto record, Decode<HistoryRecord>(value));
    CONTEXTSYNC_ASSIGN_OR_RETURN(const State delta, DecodeState(record.delta_bytes));
    if (!WritesAt(delta, request_.path).empty()) ++plan_.versions;
    return {};
  }

  Status Count(const JournalEntry& entry, std::uint64_t& count) const {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const Delta delta, entry.DecodeDelta());
    if (!WritesAt(delta, request_.path).empty()) ++count;
    const bool is_purge = entry.push.op == EntryOp::kPurge && !entry.outcome &&
                          entry.push.purge.path == request_.path;
    if (is_purge) ++count;
    return {};
  }

  const TableReader& tables_;
  const Changeset& changes_;
  const PurgeRequest& request_;
  PurgePlan plan_;
};

}  // namespace

Result<PurgePlan> Plan(const Changeset& changes, const PurgeRequest& request) {
  return Planner(changes, request).Run();
}

}  // namespace contextsync::purging

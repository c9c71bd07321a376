#include "core/notebook/past.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/document/codec.h"
#include "core/document/join.h"
#include "core/notebook/journal.h"
#include "core/notebook/tables.h"

namespace contextsync {

namespace {

constexpr HubSequence kEnd(~std::uint64_t{0});

/// Cells and the version they are as of.
struct StartingPoint {
  State state;
  std::uint64_t version = 0;
};

/// The last checkpoint in [from, to); nothing when there is none.
Result<std::optional<StartingPoint>> LastCheckpointIn(const TableReader& tables, std::string from,
                                                      std::string to) {
  std::optional<StartingPoint> found;
  Status decoded;
  const auto take = [&](std::string_view key, std::string_view value) {
    auto state = DecodeState(value);
    if (state.ok()) {
      found = StartingPoint{std::move(state).value(), keys::TrailingNumber(key)};
    } else {
      decoded = std::move(state).error();
    }
    return false;
  };
  CONTEXTSYNC_RETURN_IF_ERROR(
      tables.Scan(tables::kHistory, {std::move(from), std::move(to), true}, take));
  CONTEXTSYNC_RETURN_IF_ERROR(std::move(decoded));
  return found;
}

Status JoinBytes(State& state, std::string_view delta_bytes) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const Delta delta, DecodeState(delta_bytes));
  Join(state, delta);
  return {};
}

/// What was collected after `after`, by sequence.
Result<std::map<std::uint64_t, std::vector<Drop>>> CollectedAfter(const TableReader& tables,
                                                                  const ContextRef& ref,
                                                                  std::uint64_t after) {
  std::map<std::uint64_t, std::vector<Drop>> collected;
  Status decoded;
  const auto take = [&](std::string_view key, std::string_view value) {
    auto drops = DecodeDrops(value);
    if (!drops.ok()) {
      decoded = std::move(drops).error();
      return false;
    }
    collected.emplace(keys::TrailingNumber(key), std::move(drops).value());
    return true;
  };
  const KeyRange range = {keys::Collected(ref, HubSequence(after + 1)),
                          PrefixEnd(keys::Collected(ref)), false};
  CONTEXTSYNC_RETURN_IF_ERROR(tables.Scan(tables::kHistory, range, take));
  CONTEXTSYNC_RETURN_IF_ERROR(std::move(decoded));
  return collected;
}

}  // namespace

Result<std::optional<View>> Past::At(std::uint64_t version) const {
  const auto nothing = std::optional<View>();
  if (version == 0) return nothing;
  if (version == header().Version()) return std::optional<View>(*document_.shown);
  if (version < header().history_from) return nothing;
  if (is_local()) return AtLocal(version);
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      const auto row, tables_.Get(tables::kHistory, keys::Numbered(ref_, HubSequence(version))));
  if (!row && version != header().history_from) return AtPending(version);
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto folded, FoldNumbered(version));
  if (!folded) return nothing;
  return std::optional<View>(Render(folded->state));
}

Result<std::optional<View>> Past::AtPending(std::uint64_t version) const {
  const auto nothing = std::optional<View>();
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto pending,
                               history::Pending(tables_, meta_, header(), ref_));
  const auto wanted =
      std::find_if(pending.begin(), pending.end(), [version](const history::PendingVersion& own) {
        return own.version == version && !own.entry.outcome;
      });
  if (wanted == pending.end()) return nothing;
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto folded, FoldNumbered(kEnd.value - 1));
  // What others changed in between has not come yet: nobody here knows what was seen at that time.
  if (!folded || folded->last < header().rev.value) return nothing;
  const EntryNumber last = wanted->entry.push.n;
  CONTEXTSYNC_RETURN_IF_ERROR(journal::JoinEntries(
      tables_, ref_,
      [last](const JournalEntry& entry) {
        return entry.push.n <= last || entry.push.op == EntryOp::kRepair;
      },
      folded->state));
  return std::optional<View>(Render(folded->state));
}

Result<std::optional<View>> Past::AtLocal(std::uint64_t version) const {
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto start,
                               LastCheckpointIn(tables_, keys::LocalCheckpoint(ref_),
                                                keys::LocalCheckpoint(ref_, version + 1)));
  if (!start && header().history_from > 0) return std::optional<View>();
  StartingPoint at = start ? std::move(*start) : StartingPoint{};
  Status joined;
  const auto join = [&](std::uint64_t made, std::string_view delta_bytes) {
    if (made <= at.version) return true;
    if (made > version) return false;
    joined = JoinBytes(at.state, delta_bytes);
    at.version = made;
    return joined.ok();
  };
  CONTEXTSYNC_RETURN_IF_ERROR(tables_.Scan(tables::kHistory, PrefixRange(keys::Folded(ref_)),
                                           [&](std::string_view, std::string_view value) {
                                             const auto record = Decode<HistoryRecord>(value);
                                             if (!record.ok()) joined = record.error();
                                             return record.ok() && join(record.value().version,
                                                                        record.value().delta_bytes);
                                           }));
  CONTEXTSYNC_RETURN_IF_ERROR(joined);
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto entries, journal::EntriesOf(tables_, ref_));
  for (const auto& entry : entries) {
    if (!join(entry.version, entry.delta_bytes)) break;
  }
  CONTEXTSYNC_RETURN_IF_ERROR(std::move(joined));
  if (at.version != version) return std::optional<View>();
  return std::optional<View>(Render(at.state));
}

Result<std::optional<Past::Folded>> Past::FoldNumbered(std::uint64_t version) const {
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      auto start,
      LastCheckpointIn(tables_, keys::Checkpoint(ref_, HubSequence(header().history_from)),
                       keys::Checkpoint(ref_, HubSequence(version + 1))));
  if (!start && header().history_from > 0) return std::optional<Folded>();
  Folded folded;
  if (start) folded = {std::move(start->state), start->version};
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto collected, CollectedAfter(tables_, ref_, folded.last));
  const auto collect_before = [&](std::uint64_t seq) {
    while (!collected.empty() && collected.begin()->first < seq) {
      ApplyDrops(folded.state, collected.begin()->second);
      collected.erase(collected.begin());
    }
  };
  Status joined;
  const auto join = [&](std::string_view, std::string_view value) {
    const auto record = Decode<HistoryRecord>(value);
    if (!record.ok()) {
      joined = record.error();
      return false;
    }
    collect_before(record.value().version);
    joined = JoinBytes(folded.state, record.value().delta_bytes);
    folded.last = record.value().version;
    return joined.ok();
  };
  const KeyRange range = {keys::Numbered(ref_, HubSequence(folded.last + 1)),
                          keys::Numbered(ref_, HubSequence(version + 1)), false};
  CONTEXTSYNC_RETURN_IF_ERROR(tables_.Scan(tables::kHistory, range, join));
  CONTEXTSYNC_RETURN_IF_ERROR(std::move(joined));
  collect_before(version);
  return std::optional<Folded>(std::move(folded));
}

Result<std::optional<std::uint64_t>> Past::Before(std::uint64_t version) const {
  std::uint64_t before = 0;
  if (version == 0) return std::optional<std::uint64_t>(before);
  const auto consider = [&](std::uint64_t other) {
    if (other < version) before = std::max(before, other);
  };
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto pending,
                               history::Pending(tables_, meta_, header(), ref_));
  for (const auto& own : pending)
    consider(own.version);
  if (header().history_from > 0) consider(header().history_from);
  if (is_local()) {
    consider(version - 1);  // made one after the other
  } else {
    const KeyRange range = {keys::Numbered(ref_, HubSequence(header().history_from)),
                            keys::Numbered(ref_, HubSequence(version)), true};
    CONTEXTSYNC_RETURN_IF_ERROR(
        tables_.Scan(tables::kHistory, range, [&](std::string_view key, std::string_view) {
          consider(keys::TrailingNumber(key));
          return false;
        }));
  }
  const bool is_lost = header().history_from > 0 && before < header().history_from;
  return is_lost ? std::optional<std::uint64_t>() : std::optional<std::uint64_t>(before);
}

Result<std::uint64_t> Past::Oldest() const {
  return history::Oldest(tables_, meta_, header(), ref_);
}

}  // namespace contextsync

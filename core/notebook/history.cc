#include "core/notebook/history.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "core/notebook/history_keep.h"
#include "core/notebook/journal.h"
#include "core/notebook/tables.h"

namespace contextsync::history {

namespace {

constexpr std::size_t kKeysInMismatch = 64;

// Where a page ended: in the journal, among numbered versions, or among folded ones.
constexpr char kPhasePending = 'p';
constexpr char kPhaseNumbered = 'v';
constexpr char kPhaseFolded = 'l';

struct Place {
  char phase = kPhasePending;
  std::uint64_t below = ~std::uint64_t{0};
};

std::optional<Place> ParsePlace(std::string_view text) {
  if (text.empty()) return Place{};
  Place place;
  place.phase = text.front();
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 1, end, place.below);
  const bool is_phase =
      place.phase == kPhasePending || place.phase == kPhaseNumbered || place.phase == kPhaseFolded;
  if (!is_phase || error != std::errc() || stop != end) return std::nullopt;
  return place;
}

HistoryVersion ToVersion(const HistoryRecord& record) {
  HistoryVersion version;
  version.version = record.version;
  version.change_type = record.change_type;
  version.agent = record.agent;
  version.author = record.author;
  version.device = record.device;
  version.timestamp = record.at;
  version.keys = record.keys;
  version.source = record.source;
  version.reason = record.reason;
  version.strategy = record.strategy;
  return version;
}

/// Collects one page phase by phase.
class PageReader {
 public:
  PageReader(const TableReader& tables, const Meta& meta, const DocumentHeader& header,
             const HistoryQuery& query)
      : tables_(tables), meta_(meta), header_(header), query_(query) {}

  Result<HistoryPage> Read(Place place) {
    if (place.phase == kPhasePending) {
      CONTEXTSYNC_RETURN_IF_ERROR(ReadPending(place.below));
      place = {kPhaseNumbered, ~std::uint64_t{0}};
    }
    if (place.phase == kPhaseNumbered) {
      CONTEXTSYNC_RETURN_IF_ERROR(ReadRecords(
          kPhaseNumbered, keys::Numbered(query_.context, HubSequence(header_.history_from)),
          PrefixEnd(keys::Numbered(query_.context)), place.below));
      place = {kPhaseFolded, ~std::uint64_t{0}};
    }
    // Once there is a hub its numbers count; versions made before are the repair's.
    if (meta_.epoch.empty())
      CONTEXTSYNC_RETURN_IF_ERROR(ReadRecords(kPhaseFolded, keys::Folded(query_.context),
                                              PrefixEnd(keys::Folded(query_.context)),
                                              place.below));
    CONTEXTSYNC_ASSIGN_OR_RETURN(page_.oldest, Oldest(tables_, meta_, header_, query_.context));
    return std::move(page_);
  }

 private:
  /// False when the page is full: then it has its cursor.
  bool Take(char phase, std::uint64_t number, HistoryVersion version) {
    if (is_full_) return false;
    if (page_.versions.size() >= query_.limit) {
      is_full_ = true;
      page_.next_cursor = last_;
      return false;
    }
    last_ = phase + std::to_string(number);
    page_.versions.push_back(std::move(version));
    return true;
  }

  Status ReadPending(std::uint64_t below) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(auto pending, Pending(tables_, meta_, header_, query_.context));
    std::reverse(pending.begin(), pending.end());
    for (const auto& [entry, number] : pending) {
      HistoryVersion version = ToVersion(FromEntry(entry, meta_.device, {}));
      version.version = number;
      version.pending = !entry.outcome.has_value();
      if (entry.push.n.value < below &&
          !Take(kPhasePending, entry.push.n.value, std::move(version)))
        break;
    }
    return {};
  }

  Status ReadRecords(char phase, std::string from, std::string to, std::uint64_t below) {
    KeyRange range = {std::move(from), std::move(to), true};
    if (below != ~std::uint64_t{0})
      range.to = phase == kPhaseNumbered ? keys::Numbered(query_.context, HubSequence(below))
                                         : keys::Folded(query_.context, below);
    Status decoded;
    const auto take = [&](std::string_view key, std::string_view value) {
      auto record = Decode<HistoryRecord>(value);
      if (record.ok()) return Take(phase, keys::TrailingNumber(key), ToVersion(record.value()));
      decoded = std::move(record).error();
      return false;
    };
    CONTEXTSYNC_RETURN_IF_ERROR(tables_.Scan(tables::kHistory, range, take));
    return decoded;
  }

  const TableReader& tables_;
  const Meta& meta_;
  const DocumentHeader& header_;
  const HistoryQuery& query_;
  HistoryPage page_;
  std::string last_;
  bool is_full_ = false;
};

}  // namespace

HistoryRecord FromEntry(const JournalEntry& entry, DeviceId device, HubSequence seq) {
  HistoryRecord record;
  record.version = seq.value;
  record.change_type = entry.change_type;
  record.agent = entry.push.agent;
  record.device = device;
  record.at = entry.created;
  record.keys = entry.keys;
  record.source = entry.push.source;
  record.reason = entry.push.reason;
  record.id = entry.push.id;
  record.delta_bytes = entry.delta_bytes;
  return record;
}

Status Add(Changeset& changes, const ContextRef& ref, const HistoryRecord& record,
           DocumentHeader& header) {
  // The feed may bring what a snapshot contained already.
  if (record.version < header.history_from) return {};
  const bool begins = header.history == 0 && header.history_from > 0;
  if (begins) CONTEXTSYNC_RETURN_IF_ERROR(DropBelowStart(changes, ref, header));
  const std::string key = keys::Numbered(ref, HubSequence(record.version));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto known, changes.tables().Get(tables::kHistory, key));
  changes.tables().Put(tables::kHistory, key, Encode(record));
  if (known) return {};
  ++header.history;
  ++header.since_checkpoint;
  return {};
}

void AddCollected(Changeset& changes, const ContextRef& ref, HubSequence seq,
                  const std::vector<Drop>& drops) {
  changes.tables().Put(tables::kHistory, keys::Collected(ref, seq), EncodeDrops(drops));
}

Result<std::vector<PendingVersion>> Pending(const TableReader& tables, const Meta& meta,
                                            const DocumentHeader& header, const ContextRef& ref) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto entries, journal::EntriesOf(tables, ref));
  std::vector<PendingVersion> pending;
  std::uint64_t provisional = header.Version();
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (entry->push.op == EntryOp::kRepair) continue;
    const std::uint64_t version = entry->outcome ? entry->outcome->seq.value : provisional--;
    // The item came along with a page; only the rebuild is still missing.
    if (entry->outcome && entry->outcome->seq <= meta.cursor) continue;
    pending.push_back({std::move(*entry), version});
  }
  std::reverse(pending.begin(), pending.end());
  return pending;
}

Result<std::uint64_t> Oldest(const TableReader& tables, const Meta& meta,
                             const DocumentHeader& header, const ContextRef& ref) {
  if (header.history_from > 0) return header.history_from;
  std::uint64_t oldest = 0;
  const auto take_first = [&oldest](std::string_view, std::string_view value) {
    if (const auto record = Decode<HistoryRecord>(value); record.ok())
      oldest = record.value().version;
    return false;
  };
  const auto prefix = meta.epoch.empty() ? keys::Folded(ref) : keys::Numbered(ref);
  CONTEXTSYNC_RETURN_IF_ERROR(tables.Scan(tables::kHistory, PrefixRange(prefix), take_first));
  if (oldest > 0) return oldest;
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto pending, Pending(tables, meta, header, ref));
  return pending.empty() ? header.Version() : pending.front().version;
}

void AddFolded(Changeset& changes, const JournalEntry& entry, DeviceId device) {
  HistoryRecord record = FromEntry(entry, device, HubSequence(entry.version));
  changes.tables().Put(tables::kHistory, keys::Folded(entry.push.context, entry.local),
                       Encode(record));
}

Result<HistoryPage> Read(const TableReader& tables, const Meta& meta, const DocumentHeader& header,
                         const HistoryQuery& query) {
  const auto place = ParsePlace(query.cursor);
  if (!place)
    return Error(ErrorCode::kInvalidArgument, "`cursor` is not one that `history` gave out.");
  return PageReader(tables, meta, header, query).Read(*place);
}

Result<std::optional<HistoryRecord>> Latest(const TableReader& tables, const ContextRef& ref) {
  std::optional<HistoryRecord> latest;
  Status decoded;
  KeyRange range = PrefixRange(keys::Numbered(ref));
  range.descending = true;
  CONTEXTSYNC_RETURN_IF_ERROR(
      tables.Scan(tables::kHistory, range, [&](std::string_view, std::string_view value) {
        auto record = Decode<HistoryRecord>(value);
        if (record.ok()) {
          latest = std::move(record).value();
        } else {
          decoded = std::move(record).error();
        }
        return false;
      }));
  CONTEXTSYNC_RETURN_IF_ERROR(std::move(decoded));
  return latest;
}

Result<std::vector<std::string>> KeysSince(const TableReader& tables, const ContextRef& ref,
                                           std::uint64_t version) {
  std::set<std::string> names;
  Status decoded;
  const auto add = [&](std::string_view, std::string_view value) {
    auto record = Decode<HistoryRecord>(value);
    if (!record.ok()) {
      decoded = std::move(record).error();
      return false;
    }
    names.insert(record.value().keys.begin(), record.value().keys.end());
    return names.size() < kKeysInMismatch;
  };
  CONTEXTSYNC_RETURN_IF_ERROR(tables.Scan(
      tables::kHistory,
      {keys::Numbered(ref, HubSequence(version + 1)), PrefixEnd(keys::Numbered(ref)), false}, add));
  CONTEXTSYNC_RETURN_IF_ERROR(std::move(decoded));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto entries, journal::EntriesOf(tables, ref));
  for (const auto& entry : entries) {
    const std::uint64_t shown = entry.outcome ? entry.outcome->seq.value : entry.version;
    if (shown > version) names.insert(entry.keys.begin(), entry.keys.end());
  }
  std::vector<std::string> listed(names.begin(), names.end());
  if (listed.size() > kKeysInMismatch) listed.resize(kKeysInMismatch);
  return listed;
}

}  // namespace contextsync::history

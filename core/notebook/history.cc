#include "core/notebook/history.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "core/notebook/journal.h"
#include "core/notebook/tables.h"

namespace contextsync::history {

namespace {

constexpr std::uint64_t kKeptVersions = 200;
constexpr std::uint64_t kKeptSlack = 32;  // so that not every version needs to look for old ones
constexpr UnixMillis kKeptMillis = 30LL * 24 * 60 * 60 * 1000;
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
      CONTEXTSYNC_RETURN_IF_ERROR(
          ReadRecords(kPhaseNumbered, keys::Numbered(query_.context), place.below));
      place = {kPhaseFolded, ~std::uint64_t{0}};
    }
    // Once there is a hub its numbers count; versions made before are the repair's.
    if (meta_.epoch.empty())
      CONTEXTSYNC_RETURN_IF_ERROR(
          ReadRecords(kPhaseFolded, keys::Folded(query_.context), place.below));
    CONTEXTSYNC_RETURN_IF_ERROR(FindOldest());
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
    CONTEXTSYNC_ASSIGN_OR_RETURN(auto entries, journal::EntriesOf(tables_, query_.context));
    std::erase_if(entries,
                  [](const JournalEntry& entry) { return entry.push.op == EntryOp::kRepair; });
    std::uint64_t provisional = header_.Version();
    std::stable_sort(
        entries.begin(), entries.end(),
        [](const JournalEntry& a, const JournalEntry& b) { return a.push.n > b.push.n; });
    for (const auto& entry : entries) {
      const bool is_numbered = entry.outcome.has_value();
      HistoryVersion version = ToVersion(FromEntry(entry, meta_.device, {}));
      version.version = is_numbered ? entry.outcome->seq.value : provisional--;
      version.pending = !is_numbered;
      // The item came along with a page; only the rebuild is still missing.
      if (is_numbered && entry.outcome->seq <= meta_.cursor) continue;
      if (entry.push.n.value < below &&
          !Take(kPhasePending, entry.push.n.value, std::move(version)))
        break;
    }
    return {};
  }

  Status ReadRecords(char phase, const std::string& prefix, std::uint64_t below) {
    KeyRange range = PrefixRange(prefix);
    if (below != ~std::uint64_t{0})
      range.to = phase == kPhaseNumbered ? keys::Numbered(query_.context, HubSequence(below))
                                         : keys::Folded(query_.context, below);
    range.descending = true;
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

  Status FindOldest() {
    if (!page_.versions.empty()) page_.oldest = page_.versions.back().version;
    const auto take_first = [this](std::string_view, std::string_view value) {
      if (const auto record = Decode<HistoryRecord>(value); record.ok())
        page_.oldest = record.value().version;
      return false;
    };
    const auto prefix =
        meta_.epoch.empty() ? keys::Folded(query_.context) : keys::Numbered(query_.context);
    return tables_.Scan(tables::kHistory, PrefixRange(prefix), take_first);
  }

  const TableReader& tables_;
  const Meta& meta_;
  const DocumentHeader& header_;
  const HistoryQuery& query_;
  HistoryPage page_;
  std::string last_;
  bool is_full_ = false;
};

Status DropOld(Changeset& changes, const ContextRef& ref, UnixMillis now, DocumentHeader& header) {
  std::uint64_t surplus = header.history - kKeptVersions;
  std::vector<std::string> old;
  Status decoded;
  const auto collect = [&](std::string_view key, std::string_view value) {
    const auto record = Decode<HistoryRecord>(value);
    if (!record.ok()) {
      decoded = record.error();
      return false;
    }
    if (surplus == 0 || record.value().at >= now - kKeptMillis) return false;
    old.emplace_back(key);
    --surplus;
    return true;
  };
  CONTEXTSYNC_RETURN_IF_ERROR(
      changes.tables().Scan(tables::kHistory, PrefixRange(keys::Numbered(ref)), collect));
  CONTEXTSYNC_RETURN_IF_ERROR(std::move(decoded));
  header.history -= old.size();
  for (auto& key : old)
    changes.tables().Delete(tables::kHistory, std::move(key));
  return {};
}

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
  const std::string key = keys::Numbered(ref, HubSequence(record.version));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto known, changes.tables().Get(tables::kHistory, key));
  changes.tables().Put(tables::kHistory, key, Encode(record));
  if (!known) ++header.history;
  if (header.history <= kKeptVersions + kKeptSlack) return {};
  return DropOld(changes, ref, record.at, header);
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

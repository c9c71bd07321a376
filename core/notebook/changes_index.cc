#include "core/notebook/changes_index.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/notebook/tables.h"

namespace contextsync::changes_index {

namespace {

// Dropping one by one would cost a seek per write; so many are dropped together.
constexpr std::uint64_t kDropTogether = 256;

constexpr std::size_t kKeysPerChange = 64;

/// Drops the oldest keys from `after` on and returns the number of the last one dropped.
Result<std::uint64_t> DropOldest(Changeset& changes, std::string after, std::string_view prefix) {
  std::vector<std::string> oldest;
  const auto collect = [&](std::string_view key, std::string_view) {
    oldest.emplace_back(key);
    return oldest.size() < kDropTogether;
  };
  CONTEXTSYNC_RETURN_IF_ERROR(changes.tables().Scan(
      tables::kChanges, {std::move(after), PrefixEnd(prefix), false}, collect));
  const std::uint64_t last = oldest.empty() ? 0 : keys::TrailingNumber(oldest.back());
  for (auto& key : oldest)
    changes.tables().Delete(tables::kChanges, std::move(key));
  return last;
}

ChangeNote ToNote(ChangeRecord record) {
  ChangeNote note;
  note.context = std::move(record.context);
  note.changed_by = std::move(record.changed_by);
  note.author = std::move(record.author);
  note.change_type = std::move(record.change_type);
  note.keys = std::move(record.keys);
  note.version = record.version;
  note.seq = record.seq;
  note.timestamp = record.at;
  return note;
}

struct Found {
  std::uint64_t number = 0;
  ChangeRecord record;
  bool is_wanted = false;
};

using Wanted = std::function<bool(std::uint64_t number, const ChangeRecord& record)>;

bool IsSince(const ChangesQuery& query, const ChangeRecord& record) {
  if (query.since_time && record.at < *query.since_time) return false;
  return !query.since_seq || !record.seq || *record.seq > *query.since_seq;
}

bool Wants(const ChangesQuery& query, const ChangePosition& place, const ChangeRecord& record) {
  if (query.level && record.context.level != *query.level) return false;
  if (query.context_id && record.context.id != *query.context_id) return false;
  const auto& left_out = query.left_out;
  return IsSince(query, record) &&
         std::find(left_out.begin(), left_out.end(), place) == left_out.end();
}

/// The records of one stream after `from`, unwanted ones marked: they move the position all the
/// same.
Result<std::vector<Found>> ReadStream(const TableReader& tables, const KeyRange& range,
                                      const Wanted& wanted) {
  std::vector<Found> stream;
  Status decoded;
  const auto collect = [&](std::string_view key, std::string_view value) {
    auto record = Decode<ChangeRecord>(value);
    if (!record.ok()) {
      decoded = std::move(record).error();
      return false;
    }
    const auto number = keys::TrailingNumber(key);
    const bool is_wanted = wanted(number, record.value());
    stream.push_back({number, std::move(record).value(), is_wanted});
    return true;
  };
  CONTEXTSYNC_RETURN_IF_ERROR(tables.Scan(tables::kChanges, range, collect));
  CONTEXTSYNC_RETURN_IF_ERROR(std::move(decoded));
  return stream;
}

/// Merges both streams by time, each in its own order.
class Merger {
 public:
  Merger(std::vector<Found> feed, std::vector<Found> local)
      : feed_(std::move(feed)), local_(std::move(local)) {}

  void Fill(std::size_t limit, ChangesAnswer& answer) {
    while (feed_at_ < feed_.size() || local_at_ < local_.size()) {
      const bool is_feed = IsFeedNext();
      Found& found = is_feed ? feed_[feed_at_++] : local_[local_at_++];
      if (found.is_wanted && answer.changes.size() >= limit) ++answer.more;
      if (answer.more > 0) continue;
      ChangePosition place;
      if (is_feed) {
        answer.position.seq = place.seq = HubSequence(found.number);
      } else {
        answer.position.local = place.local = found.number;
      }
      if (!found.is_wanted) continue;
      answer.changes.push_back(ToNote(std::move(found.record)));
      answer.changes.back().place = place;
    }
  }

 private:
  [[nodiscard]] bool IsFeedNext() const {
    if (feed_at_ >= feed_.size()) return false;
    return local_at_ >= local_.size() || feed_[feed_at_].record.at <= local_[local_at_].record.at;
  }

  std::vector<Found> feed_;
  std::vector<Found> local_;
  std::size_t feed_at_ = 0;
  std::size_t local_at_ = 0;
};

bool IsReset(const Meta& meta, const ChangePosition& since) {
  return since.seq < meta.changes_dropped_seq || since.seq > meta.cursor ||
         since.local < meta.changes_dropped_local || since.local > meta.last_local;
}

/// Without a hub versions are local, and no sequence lies ahead of anything.
bool IsReset(const Meta& meta, const std::optional<HubSequence>& since) {
  if (!since || meta.cursor == HubSequence{}) return false;
  return *since < meta.changes_dropped_seq || *since > meta.cursor;
}

/// Whether something that was dropped from a stream may have been wanted: unless what is kept
/// reaches back far enough.
bool MayLack(bool has_dropped, const std::vector<Found>& kept, const ChangesQuery& query) {
  return has_dropped && (kept.empty() || IsSince(query, kept.front().record));
}

}  // namespace

std::vector<std::string> KeysOf(const Delta& delta) {
  std::set<std::string> names;
  for (const auto& [path, cell] : delta.cells) {
    if (names.size() >= kKeysPerChange) break;
    if (!IsDataPath(path)) continue;
    if (auto name = TopLevelKey(DataPointer(path))) names.insert(std::move(*name));
  }
  return {names.begin(), names.end()};
}

Status AddFeed(Changeset& changes, HubSequence seq, const ChangeRecord& record) {
  Meta& meta = changes.meta();
  changes.tables().Put(tables::kChanges, keys::FeedChange(seq), Encode(record));
  if (++meta.feed_changes < kKept + kDropTogether) return {};
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      const auto dropped,
      DropOldest(changes, keys::FeedChange(meta.changes_dropped_seq), keys::FeedChanges()));
  meta.changes_dropped_seq = HubSequence(dropped);
  meta.feed_changes -= kDropTogether;
  return {};
}

Result<std::uint64_t> AddLocal(Changeset& changes, const ChangeRecord& record) {
  Meta& meta = changes.meta();
  const std::uint64_t local = ++meta.last_local;
  changes.tables().Put(tables::kChanges, keys::LocalChange(local), Encode(record));
  if (local - meta.changes_dropped_local >= kKept + kDropTogether) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(
        meta.changes_dropped_local,
        DropOldest(changes, keys::LocalChange(meta.changes_dropped_local), keys::LocalChanges()));
  }
  return local;
}

void RemoveLocal(Changeset& changes, std::uint64_t local) {
  changes.tables().Delete(tables::kChanges, keys::LocalChange(local));
}

Status NumberLocal(Changeset& changes, std::uint64_t local, HubSequence seq, HubSequence rev) {
  const auto key = keys::LocalChange(local);
  CONTEXTSYNC_ASSIGN_OR_RETURN(auto record,
                               GetRecord<ChangeRecord>(changes.tables(), tables::kChanges, key));
  if (!record) return {};  // dropped already
  record->seq = seq;
  record->version = rev.value;
  changes.tables().Put(tables::kChanges, key, Encode(*record));
  return {};
}

Status ForgetFeed(Changeset& changes, HubSequence seq) {
  std::vector<std::string> all;
  CONTEXTSYNC_RETURN_IF_ERROR(changes.tables().Scan(tables::kChanges,
                                                    PrefixRange(keys::FeedChanges()),
                                                    [&all](std::string_view key, std::string_view) {
                                                      all.emplace_back(key);
                                                      return true;
                                                    }));
  for (auto& key : all)
    changes.tables().Delete(tables::kChanges, std::move(key));
  changes.meta().feed_changes = 0;
  changes.meta().changes_dropped_seq = seq;
  return {};
}

Result<ChangesAnswer> Read(const TableReader& tables, const Meta& meta, const ChangesQuery& query) {
  ChangesAnswer answer;
  answer.position = {meta.cursor, meta.last_local};
  const bool is_position = !query.since_seq && !query.since_time;
  answer.reset = is_position ? IsReset(meta, query.since) : IsReset(meta, query.since_seq);
  if (answer.reset) return answer;
  const auto since = is_position ? query.since : ChangePosition{};
  // A commit's rows can be read a moment before its meta record is; they are told with it, or the
  // position would be ahead of what the next question is measured by.
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      auto feed,
      ReadStream(tables,
                 {keys::FeedChange(since.seq.Next()), keys::FeedChange(meta.cursor.Next()), false},
                 [&query](std::uint64_t number, const ChangeRecord& record) {
                   return Wants(query, {HubSequence(number), 0}, record);
                 }));
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      auto local, ReadStream(tables,
                             {keys::LocalChange(since.local + 1),
                              keys::LocalChange(meta.last_local + 1), false},
                             [&query](std::uint64_t number, const ChangeRecord& record) {
                               return Wants(query, {HubSequence{}, number}, record) &&
                                      (query.session.empty() || record.session != query.session);
                             }));
  const bool lacks_feed =
      query.since_time && MayLack(meta.changes_dropped_seq != HubSequence{}, feed, query);
  answer.reset =
      lacks_feed || (!is_position && MayLack(meta.changes_dropped_local > 0, local, query));
  if (answer.reset) return answer;
  const ChangePosition end = answer.position;
  answer.position = since;
  Merger(std::move(feed), std::move(local)).Fill(query.limit, answer);
  if (answer.more == 0) {
    answer.position.seq = std::max(answer.position.seq, end.seq);
    answer.position.local = std::max(answer.position.local, end.local);
  }
  return answer;
}

}  // namespace contextsync::changes_index

#include "core/notebook/history_keep.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/document/codec.h"
#include "core/notebook/journal.h"
#include "core/notebook/tables.h"

namespace contextsync::history {

namespace {

constexpr std::uint64_t kKeptVersions = 200;
constexpr UnixMillis kKeptMillis = 30LL * 24 * 60 * 60 * 1000;

// A version is at most so many changes away from a checkpoint, where nothing own kept waiting.
constexpr std::uint64_t kBetweenCheckpoints = 50;

/// Nothing of this machine is joined into the cells beyond what the hub numbered up to `seq`.
Result<bool> IsSettled(const Changeset& changes, const ContextRef& ref, HubSequence seq) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto mark,
                               changes.tables().Get(tables::kMeta, keys::RebuildMark(ref)));
  if (mark) return false;
  return journal::HoldsOfAll(changes.tables(), ref, [seq](const JournalEntry& entry) {
    return entry.outcome && !entry.outcome->is_trimmed && entry.outcome->seq <= seq;
  });
}

/// Deletes the keys in [from, to); returns how many there were.
Result<std::uint64_t> DeleteRange(Changeset& changes, std::string from, std::string to) {
  std::vector<std::string> found;
  CONTEXTSYNC_RETURN_IF_ERROR(
      changes.tables().Scan(tables::kHistory, {std::move(from), std::move(to), false},
                            [&found](std::string_view key, std::string_view) {
                              found.emplace_back(key);
                              return true;
                            }));
  for (auto& key : found)
    changes.tables().Delete(tables::kHistory, std::move(key));
  return found.size();
}

/// The version of the last checkpoint at or before `version`; nothing when there is none.
Result<std::optional<std::uint64_t>> LastCheckpoint(const Changeset& changes, std::string prefix,
                                                    std::string end) {
  std::optional<std::uint64_t> last;
  CONTEXTSYNC_RETURN_IF_ERROR(
      changes.tables().Scan(tables::kHistory, {std::move(prefix), std::move(end), true},
                            [&last](std::string_view key, std::string_view) {
                              last = keys::TrailingNumber(key);
                              return false;
                            }));
  return last;
}

/// The first version after the `surplus` oldest that are also older than `oldest_time`.
Result<std::uint64_t> FirstToKeep(const Changeset& changes, const KeyRange& range,
                                  std::uint64_t surplus, UnixMillis oldest_time) {
  std::uint64_t first = 0;
  Status decoded;
  CONTEXTSYNC_RETURN_IF_ERROR(
      changes.tables().Scan(tables::kHistory, range, [&](std::string_view, std::string_view value) {
        const auto record = Decode<HistoryRecord>(value);
        if (!record.ok()) {
          decoded = record.error();
          return false;
        }
        first = record.value().version;
        if (surplus == 0 || record.value().at >= oldest_time) return false;
        --surplus;
        return true;
      }));
  CONTEXTSYNC_RETURN_IF_ERROR(std::move(decoded));
  return first;
}

Status DropOld(Changeset& changes, const ContextRef& ref, UnixMillis now, DocumentHeader& header) {
  if (header.history <= kKeptVersions) return {};
  const KeyRange kept = {keys::Numbered(ref, HubSequence(header.history_from)),
                         PrefixEnd(keys::Numbered(ref)), false};
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      const std::uint64_t first,
      FirstToKeep(changes, kept, header.history - kKeptVersions, now - kKeptMillis));
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto start,
                               LastCheckpoint(changes, keys::Checkpoint(ref),
                                              keys::Checkpoint(ref, HubSequence(first).Next())));
  if (!start || *start <= header.history_from) return {};
  header.history_from = *start;
  const HubSequence to(*start);
  CONTEXTSYNC_ASSIGN_OR_RETURN(const std::uint64_t dropped,
                               DeleteRange(changes, keys::Numbered(ref), keys::Numbered(ref, to)));
  header.history -= std::min(header.history, dropped);
  return DropBelowStart(changes, ref, header);
}

Status DropOldLocal(Changeset& changes, const ContextRef& ref, DocumentHeader& header) {
  const std::uint64_t version = header.Version();
  if (version <= kKeptVersions) return {};
  const std::uint64_t begun = std::max<std::uint64_t>(header.history_from, 1);
  const std::uint64_t surplus = version - begun + 1;
  if (surplus <= kKeptVersions) return {};
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      const std::uint64_t first,
      FirstToKeep(changes, PrefixRange(keys::Folded(ref)), surplus - kKeptVersions,
                  header.updated_at - kKeptMillis));
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      const auto start,
      LastCheckpoint(changes, keys::LocalCheckpoint(ref), keys::LocalCheckpoint(ref, first + 1)));
  if (!start || *start <= header.history_from) return {};
  header.history_from = *start;
  std::vector<std::string> old;
  Status decoded;
  CONTEXTSYNC_RETURN_IF_ERROR(
      changes.tables().Scan(tables::kHistory, PrefixRange(keys::Folded(ref)),
                            [&](std::string_view key, std::string_view value) {
                              const auto record = Decode<HistoryRecord>(value);
                              if (!record.ok()) decoded = record.error();
                              if (!record.ok() || record.value().version >= *start) return false;
                              old.emplace_back(key);
                              return true;
                            }));
  CONTEXTSYNC_RETURN_IF_ERROR(std::move(decoded));
  for (auto& key : old)
    changes.tables().Delete(tables::kHistory, std::move(key));
  CONTEXTSYNC_RETURN_IF_ERROR(
      DeleteRange(changes, keys::LocalCheckpoint(ref), keys::LocalCheckpoint(ref, *start)));
  return {};
}

}  // namespace

Status Checkpoint(Changeset& changes, const ContextRef& ref, HubSequence seq, UnixMillis at,
                  Document& document) {
  DocumentHeader& header = document.header;
  if (header.since_checkpoint < kBetweenCheckpoints || header.asof > seq) return {};
  CONTEXTSYNC_ASSIGN_OR_RETURN(const bool is_settled, IsSettled(changes, ref, seq));
  if (!is_settled) return {};
  changes.tables().Put(tables::kHistory, keys::Checkpoint(ref, seq), EncodeState(*document.state));
  header.since_checkpoint = 0;
  return DropOld(changes, ref, at, header);
}

Status CheckpointLocal(Changeset& changes, const ContextRef& ref, Document& document) {
  const std::uint64_t version = document.header.Version();
  if (version % kBetweenCheckpoints != 0) return {};
  changes.tables().Put(tables::kHistory, keys::LocalCheckpoint(ref, version),
                       EncodeState(*document.state));
  return DropOldLocal(changes, ref, document.header);
}

void BeginAt(Overlay& tables, const ContextRef& ref, HubSequence rev, const State& cells,
             DocumentHeader& header) {
  tables.Put(tables::kHistory, keys::Checkpoint(ref, rev), EncodeState(cells));
  header.history_from = rev.value;
  header.history = 0;
  header.since_checkpoint = 0;
}

Status DropAbove(Changeset& changes, const ContextRef& ref, HubSequence last,
                 DocumentHeader& header) {
  const HubSequence from = last.Next();
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      const std::uint64_t dropped,
      DeleteRange(changes, keys::Numbered(ref, from), PrefixEnd(keys::Numbered(ref))));
  header.history -= std::min(header.history, dropped);
  CONTEXTSYNC_RETURN_IF_ERROR(
      DeleteRange(changes, keys::Collected(ref, from), PrefixEnd(keys::Collected(ref))));
  CONTEXTSYNC_RETURN_IF_ERROR(
      DeleteRange(changes, keys::Checkpoint(ref, from), PrefixEnd(keys::Checkpoint(ref))));
  return {};
}

Status DropBelowStart(Changeset& changes, const ContextRef& ref, const DocumentHeader& header) {
  const HubSequence start(header.history_from);
  CONTEXTSYNC_RETURN_IF_ERROR(
      DeleteRange(changes, keys::Numbered(ref), keys::Numbered(ref, start)));
  CONTEXTSYNC_RETURN_IF_ERROR(
      DeleteRange(changes, keys::Collected(ref), keys::Collected(ref, start)));
  CONTEXTSYNC_RETURN_IF_ERROR(
      DeleteRange(changes, keys::Checkpoint(ref), keys::Checkpoint(ref, start)));
  return {};
}

Status DropLocal(Changeset& changes) {
  for (const auto& prefix : {keys::AllFolded(), keys::AllLocalCheckpoints()})
    CONTEXTSYNC_RETURN_IF_ERROR(DeleteRange(changes, prefix, PrefixEnd(prefix)));
  return {};
}

}  // namespace contextsync::history

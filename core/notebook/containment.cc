#include "core/notebook/containment.h"

#include <algorithm>
#include <utility>

#include "core/document/codec.h"
#include "core/document/join.h"
#include "core/notebook/changes_index.h"
#include "core/notebook/journal.h"
#include "core/notebook/tables.h"

namespace contextsync {

namespace {

// A caller that still names a version older than this many numberings must read again.
constexpr std::size_t kAliases = 8;

/// The version shown changes although the content does not: what was shown before stays good as an
/// expectation.
void KeepAlias(DocumentHeader& header, std::uint64_t shown_before) {
  if (header.Version() == shown_before) return;
  header.aliases.push_back(shown_before);
  if (header.aliases.size() > kAliases) header.aliases.erase(header.aliases.begin());
}

Status CountAsNumbered(const Changeset& changes, const JournalEntry& entry,
                       DocumentHeader& header) {
  if (entry.push.op == EntryOp::kRepair) {
    // It stands for changes that were folded: only what is still in the journal remains.
    CONTEXTSYNC_ASSIGN_OR_RETURN(header.unnumbered,
                                 journal::CountUnnumbered(changes.tables(), entry.push.context));
    header.unnumbered += header.parked;
  } else if (header.unnumbered > 0) {
    --header.unnumbered;
  }
  return {};
}

}  // namespace

Status NoteNumbered(Changeset& changes, JournalEntry& entry, const HubOutcome& numbered,
                    Document& document) {
  const bool is_news = !entry.outcome.has_value();
  EntryOutcome outcome{numbered.seq, numbered.hash, numbered.conflicts,
                       numbered.hash != entry.push.hash};
  if (entry.outcome && outcome.conflicts.empty()) outcome.conflicts = entry.outcome->conflicts;
  if (outcome.is_trimmed) CONTEXTSYNC_RETURN_IF_ERROR(MarkRebuild(changes, entry.push.context));
  entry.outcome = std::move(outcome);
  entry.given_up.clear();  // the hub had taken it after all
  journal::Update(changes, entry);

  DocumentHeader& header = document.header;
  const std::uint64_t shown_before = header.Version();
  header.rev = std::max(header.rev, numbered.rev);
  if (is_news) {
    CONTEXTSYNC_RETURN_IF_ERROR(CountAsNumbered(changes, entry, header));
    ++changes.meta().own_confirmed;
  }
  KeepAlias(header, shown_before);
  return changes_index::NumberLocal(changes, entry.local, numbered.seq, numbered.rev);
}

Status RemoveContained(Changeset& changes) {
  Meta& meta = changes.meta();
  CONTEXTSYNC_RETURN_IF_ERROR(journal::Tidy(changes));
  std::vector<JournalEntry> contained;
  Status read;
  const auto examine = [&](JournalEntry& entry) {
    if (!entry.outcome || entry.outcome->is_trimmed) return true;
    HubSequence held = meta.cursor;
    if (entry.outcome->seq > held) {
      auto document = changes.Find(entry.push.context);
      if (!document.ok()) {
        read = std::move(document).error();
        return false;
      }
      if (document.value() != nullptr) held = std::max(held, document.value()->header.asof);
    }
    if (entry.outcome->seq <= held) contained.push_back(std::move(entry));
    return true;
  };
  CONTEXTSYNC_RETURN_IF_ERROR(
      journal::ForEach(changes.tables(), meta.first_n, meta.acked_n.Next(), examine));
  CONTEXTSYNC_RETURN_IF_ERROR(std::move(read));
  for (const auto& entry : contained)
    journal::Remove(changes, entry);
  return journal::Tidy(changes);
}

Status MarkRebuild(Changeset& changes, const ContextRef& ref) {
  // A mark that is there already may name what was disowned.
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto mark,
                               changes.tables().Get(tables::kMeta, keys::RebuildMark(ref)));
  if (!mark) changes.tables().Put(tables::kMeta, keys::RebuildMark(ref), {});
  return {};
}

Status Disown(Changeset& changes, const ContextRef& ref, const Delta& delta) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto mark,
                               changes.tables().Get(tables::kMeta, keys::RebuildMark(ref)));
  if (!mark) return {};
  CONTEXTSYNC_ASSIGN_OR_RETURN(State disowned, Disowned(changes.tables(), ref));
  Join(disowned, delta);
  changes.tables().Put(tables::kMeta, keys::RebuildMark(ref), EncodeState(disowned));
  return {};
}

Result<State> Disowned(const TableReader& tables, const ContextRef& ref) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto mark, tables.Get(tables::kMeta, keys::RebuildMark(ref)));
  return mark && !mark->empty() ? DecodeState(*mark) : Result<State>(State{});
}

void ClearRebuild(Changeset& changes, const ContextRef& ref) {
  changes.tables().Delete(tables::kMeta, keys::RebuildMark(ref));
}

Result<std::vector<ContextRef>> MarkedRebuilds(const TableReader& tables) {
  std::vector<ContextRef> marked;
  const auto collect = [&](std::string_view key, std::string_view) {
    if (auto ref = keys::ParseRebuildMark(key)) marked.push_back(std::move(*ref));
    return true;
  };
  CONTEXTSYNC_RETURN_IF_ERROR(
      tables.Scan(tables::kMeta, PrefixRange(keys::RebuildMarks()), collect));
  return marked;
}

void NoteKnown(Meta& meta, HubSequence seq, const FeedCheck& check) {
  if (seq <= meta.known || check.empty()) return;
  meta.known = seq;
  meta.known_check = check;
}

}  // namespace contextsync

#include "core/notebook/journal.h"

#include <map>
#include <utility>

#include "core/document/join.h"
#include "core/notebook/tables.h"
#include "core/ports/hub_wire.h"

namespace contextsync::journal {

namespace {

/// Uses up the number of an entry that does not get through. The same id, because the hub may have
/// taken the entry after all and then says so; and the same hash, because this is no other content.
PushEntry SkipOf(const JournalEntry& entry) {
  PushEntry skip;
  skip.n = entry.push.n;
  skip.id = entry.push.id;
  skip.op = EntryOp::kSkip;
  skip.context = entry.push.context;
  skip.hash = entry.push.hash;
  return skip;
}

}  // namespace

void Append(Changeset& changes, JournalEntry entry) {
  Meta& meta = changes.meta();
  entry.push.n = meta.next_n;
  meta.next_n = meta.next_n.Next();
  changes.tables().Put(tables::kJournal, keys::EntryOf(entry.push.context, entry.push.n),
                       entry.push.id.value);
  Update(changes, entry);
}

void Update(Changeset& changes, const JournalEntry& entry) {
  changes.tables().Put(tables::kJournal, keys::Entry(entry.push.n), Encode(entry));
}

void Remove(Changeset& changes, const JournalEntry& entry) {
  changes.tables().Delete(tables::kJournal, keys::Entry(entry.push.n));
  changes.tables().Delete(tables::kJournal, keys::EntryOf(entry.push.context, entry.push.n));
}

Result<std::optional<JournalEntry>> Find(const TableReader& tables, EntryNumber n) {
  return GetRecord<JournalEntry>(tables, tables::kJournal, keys::Entry(n));
}

Status ForEach(const TableReader& tables, EntryNumber from, EntryNumber to, const Visitor& visit) {
  Status decoded;
  const auto scan = [&](std::string_view, std::string_view value) {
    auto entry = Decode<JournalEntry>(value);
    if (entry.ok()) return visit(entry.value());
    decoded = std::move(entry).error();
    return false;
  };
  CONTEXTSYNC_RETURN_IF_ERROR(
      tables.Scan(tables::kJournal, {keys::Entry(from), keys::Entry(to), false}, scan));
  return decoded;
}

Result<std::vector<JournalEntry>> EntriesOf(const TableReader& tables, const ContextRef& ref) {
  std::vector<EntryNumber> numbers;
  const auto collect = [&](std::string_view key, std::string_view) {
    numbers.push_back(keys::ParseEntry(key));
    return true;
  };
  CONTEXTSYNC_RETURN_IF_ERROR(
      tables.Scan(tables::kJournal, PrefixRange(keys::EntriesOf(ref)), collect));
  std::vector<JournalEntry> entries;
  for (const EntryNumber n : numbers) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(auto entry, Find(tables, n));
    if (!entry) return Error(ErrorCode::kCorruption, "the journal's index names a missing entry");
    entries.push_back(std::move(*entry));
  }
  return entries;
}

Result<bool> HoldsOfAll(const TableReader& tables, const ContextRef& ref,
                        const std::function<bool(const JournalEntry&)>& holds) {
  KeyRange before = PrefixRange(keys::EntriesOf(ref));
  before.descending = true;
  for (;;) {
    std::optional<std::string> last;
    CONTEXTSYNC_RETURN_IF_ERROR(
        tables.Scan(tables::kJournal, before, [&last](std::string_view key, std::string_view) {
          last = std::string(key);
          return false;
        }));
    if (!last) return true;
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto entry, Find(tables, keys::ParseEntry(*last)));
    if (!entry) return Error(ErrorCode::kCorruption, "the journal's index names a missing entry");
    if (!holds(*entry)) return false;
    before.to = std::move(*last);
  }
}

Result<std::optional<EntryId>> LeastIdOf(const Changeset& changes, const ContextRef& ref) {
  // Numbers and ids ascend together, so the first one has the least id, unless one came back.
  const bool is_sorted = changes.meta().retried_n < changes.meta().first_n;
  std::optional<EntryId> least;
  const auto take_least = [&](std::string_view, std::string_view value) {
    EntryId id{std::string(value)};
    if (!least || id < *least) least = std::move(id);
    return !is_sorted;
  };
  CONTEXTSYNC_RETURN_IF_ERROR(
      changes.tables().Scan(tables::kJournal, PrefixRange(keys::EntriesOf(ref)), take_least));
  return least;
}

Status Tidy(Changeset& changes) {
  Meta& meta = changes.meta();
  for (; meta.acked_n.Next() < meta.next_n; meta.acked_n = meta.acked_n.Next()) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto entry, Find(changes.tables(), meta.acked_n.Next()));
    if (entry && !entry->outcome) break;
  }
  const EntryNumber before = meta.first_n;
  meta.first_n = meta.next_n;
  const auto take_first = [&](std::string_view key, std::string_view) {
    meta.first_n = keys::ParseEntry(key);
    return false;
  };
  return changes.tables().Scan(tables::kJournal,
                               {keys::Entry(before), keys::Entry(meta.next_n), false}, take_first);
}

Result<HubSequence> LowBase(const TableReader& tables, const Meta& meta) {
  HubSequence low = meta.cursor;
  CONTEXTSYNC_RETURN_IF_ERROR(
      ForEach(tables, meta.first_n, meta.next_n, [&](const JournalEntry& entry) {
        low = std::min(low, entry.floor);
        return entry.push.n < meta.retried_n;
      }));
  return low;
}

Result<std::vector<PushEntry>> NextPush(const TableReader& tables, const Meta& meta,
                                        const PushBounds& bounds) {
  std::vector<PushEntry> entries;
  std::size_t whole = 0;  // entries of complete transactions
  std::uint64_t bytes = 0;
  Status unpacked;
  const auto add = [&](const JournalEntry& entry) {
    if (entry.outcome) return true;
    if (!entry.push.tx || entry.push.tx->index == 0) whole = entries.size();
    bytes += entry.wire_bytes;
    if (whole > 0 && (entries.size() >= bounds.entries || bytes > bounds.bytes)) {
      entries.resize(whole);  // the transaction that does not fit waits for the next push
      return false;
    }
    if (!entry.given_up.empty()) {
      entries.push_back(SkipOf(entry));
      return true;
    }
    auto push = entry.Unpack();
    if (!push.ok()) {
      unpacked = std::move(push).error();
      return false;
    }
    entries.push_back(std::move(push).value());
    return true;
  };
  CONTEXTSYNC_RETURN_IF_ERROR(ForEach(tables, meta.acked_n.Next(), meta.next_n, add));
  CONTEXTSYNC_RETURN_IF_ERROR(std::move(unpacked));
  return entries;
}

Status Unbind(std::vector<JournalEntry>& entries) {
  std::map<std::string, std::uint32_t> parts;  // of each transaction
  for (const JournalEntry& entry : entries) {
    if (entry.push.tx) ++parts[entry.push.tx->id];
  }
  for (JournalEntry& entry : entries) {
    const auto& tx = entry.push.tx;
    if (!tx || parts[tx->id] == tx->count) continue;
    entry.push.tx.reset();
    CONTEXTSYNC_ASSIGN_OR_RETURN(const PushEntry push, entry.Unpack());
    entry.push.hash = EntryHash(push);
  }
  return {};
}

Status Renumber(Changeset& changes, EntryNumber first,
                const std::function<void(JournalEntry&)>& change) {
  Meta& meta = changes.meta();
  std::vector<JournalEntry> entries;
  CONTEXTSYNC_RETURN_IF_ERROR(
      ForEach(changes.tables(), meta.first_n, meta.next_n, [&](JournalEntry& entry) {
        entries.push_back(std::move(entry));
        return true;
      }));
  for (const auto& entry : entries)
    Remove(changes, entry);
  CONTEXTSYNC_RETURN_IF_ERROR(Unbind(entries));
  const bool has_retried = meta.retried_n >= meta.first_n;
  meta.next_n = first;
  meta.first_n = first;
  meta.acked_n = EntryNumber(first.value - 1);
  for (auto& entry : entries) {
    entry.outcome.reset();
    change(entry);
    CONTEXTSYNC_ASSIGN_OR_RETURN(const PushEntry push, entry.Unpack());
    entry.push.hash = EntryHash(push);
    Append(changes, std::move(entry));
  }
  meta.retried_n = has_retried ? EntryNumber(meta.next_n.value - 1) : EntryNumber();
  return {};
}

Status JoinEntries(const TableReader& tables, const ContextRef& ref,
                   const std::function<bool(const JournalEntry&)>& wanted, State& state) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto entries, EntriesOf(tables, ref));
  for (const auto& entry : entries) {
    if (!wanted(entry)) continue;
    CONTEXTSYNC_ASSIGN_OR_RETURN(const Delta delta, entry.DecodeDelta());
    Join(state, delta);
  }
  return {};
}

Result<std::uint64_t> CountUnnumbered(const TableReader& tables, const ContextRef& ref) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(const auto entries, EntriesOf(tables, ref));
  std::uint64_t count = 0;
  for (const auto& entry : entries) {
    if (!entry.outcome && entry.push.op != EntryOp::kRepair) ++count;
  }
  return count;
}

}  // namespace contextsync::journal

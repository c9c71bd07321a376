// Journal: the own entries whose items are not contained here yet, in the order of their numbers,
// with an index by context. The one removal rule: an entry leaves in the batch that makes its item
// contained, or is parked. Source: docs/sync_protocol.md#the-invariant

#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "core/notebook/changeset.h"

namespace contextsync::journal {

using Visitor = std::function<bool(JournalEntry&)>;

/// Adds `entry` under the next number, which it sets.
void Append(Changeset& changes, JournalEntry entry);

/// Writes `entry` over the one with its number.
void Update(Changeset& changes, const JournalEntry& entry);

void Remove(Changeset& changes, const JournalEntry& entry);

Result<std::optional<JournalEntry>> Find(const TableReader& tables, EntryNumber n);

/// All entries with numbers in [from, to), ascending, until `visit` returns false.
Status ForEach(const TableReader& tables, EntryNumber from, EntryNumber to, const Visitor& visit);

/// The entries of one context, ascending.
Result<std::vector<JournalEntry>> EntriesOf(const TableReader& tables, const ContextRef& ref);

/// Whether `holds` is true of every entry of one context. Asks the youngest first: of many that
/// wait for the hub it is the one that waits longest.
Result<bool> HoldsOfAll(const TableReader& tables, const ContextRef& ref,
                        const std::function<bool(const JournalEntry&)>& holds);

/// The least entry id of one context; nothing when it has none.
Result<std::optional<EntryId>> LeastIdOf(const Changeset& changes, const ContextRef& ref);

/// Moves meta.acked_n and meta.first_n over what has an outcome or is gone.
Status Tidy(Changeset& changes);

/// Least base of an entry not contained, or a little below; the cursor when there is none.
Result<HubSequence> LowBase(const TableReader& tables, const Meta& meta);

struct PushBounds {
  std::size_t entries = limits::kPushEntries;
  std::size_t bytes = limits::kPushBytes;
};

/// The next entries without outcome, whole transactions, within `bounds` but at least one
/// transaction. Those given up are replaced by skips.
Result<std::vector<PushEntry>> NextPush(const TableReader& tables, const Meta& meta,
                                        const PushBounds& bounds);

/// Takes those out of their transaction that are not among `entries` as a whole, so that each goes
/// by itself: the hub refuses a transaction that lacks a part.
Status Unbind(std::vector<JournalEntry>& entries);

/// Takes every entry out and puts it back under the numbers from `first` on, without outcomes;
/// `change` may alter each one before its hash is computed again. Of a transaction that the hub had
/// taken some parts may be gone.
Status Renumber(Changeset& changes, EntryNumber first,
                const std::function<void(JournalEntry&)>& change);

/// Joins the deltas of all entries of `ref` that `wanted` accepts into `state`.
Status JoinEntries(const TableReader& tables, const ContextRef& ref,
                   const std::function<bool(const JournalEntry&)>& wanted, State& state);

/// Own changes of `ref` the hub has not given its word on.
Result<std::uint64_t> CountUnnumbered(const TableReader& tables, const ContextRef& ref);

}  // namespace contextsync::journal

// History: the versions of each context. Numbered ones are records of their own; the changes the
// hub has not numbered come from the journal and are shown on top. Source:
// docs/storage_format.md#notebook-tables

#pragma once

#include "core/notebook/changeset.h"

namespace contextsync::history {

/// Adds one numbered version, unless history begins after it. `header` is the context's, to be
/// stored by the caller.
Status Add(Changeset& changes, const ContextRef& ref, const HistoryRecord& record,
           DocumentHeader& header);

/// Notes what was collected at `seq`: no version, but what comes after it builds on it.
void AddCollected(Changeset& changes, const ContextRef& ref, HubSequence seq,
                  const std::vector<Drop>& drops);

/// Keeps the version of an entry that leaves the journal without ever having been numbered.
void AddFolded(Changeset& changes, const JournalEntry& entry, DeviceId device);

/// The version an own entry became, as far as we know without its feed item.
HistoryRecord FromEntry(const JournalEntry& entry, DeviceId device, HubSequence seq);

/// A version that still is in the journal.
struct PendingVersion {
  JournalEntry entry;
  std::uint64_t version = 0;  // provisional as long as the entry has no outcome
};

/// Those of one context, oldest first, without repairs.
Result<std::vector<PendingVersion>> Pending(const TableReader& tables, const Meta& meta,
                                            const DocumentHeader& header, const ContextRef& ref);

/// The first version that is still kept; 0 when there never was one.
Result<std::uint64_t> Oldest(const TableReader& tables, const Meta& meta,
                             const DocumentHeader& header, const ContextRef& ref);

/// One page, newest first; what has no number yet is pending, hub or not. Errors: kInvalidArgument
/// for a bad cursor.
Result<HistoryPage> Read(const TableReader& tables, const Meta& meta, const DocumentHeader& header,
                         const HistoryQuery& query);

/// The newest numbered version kept; nothing when there is none.
Result<std::optional<HistoryRecord>> Latest(const TableReader& tables, const ContextRef& ref);

/// Top-level keys changed by versions above `version`, at most 64.
Result<std::vector<std::string>> KeysSince(const TableReader& tables, const ContextRef& ref,
                                           std::uint64_t version);

}  // namespace contextsync::history

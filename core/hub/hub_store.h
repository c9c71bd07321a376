// HubStore: what the hub keeps of a workspace, as questions a table store and a relational database
// can both answer. Every row belongs to one workspace and no commit spans two. Source:
// docs/storage_format.md#hub-tables

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/ports/hub_messages.h"

namespace contextsync {

/// One row per workspace: the end of its feed.
struct WorkspaceHead {
  Epoch epoch;
  DeviceId hub_device;      // minted with the epoch; stamps what is written at the hub itself
  Hlc hub_hlc;              // that device's clock
  HubSequence seq;          // of the last item
  FeedCheck check;          // at `seq`; at 0 it comes from the epoch
  HubSequence gc_floor;     // below it the feed is no longer complete
  Hlc largest_hlc;          // of all stamps in the workspace
  Epoch previous_epoch;     // empty, or the incarnation this one was restored from …
  HubSequence fork_seq;     // … and the last sequence both share
  bool must_scrub = false;  // something was purged and may still be in the store's files

  friend bool operator==(const WorkspaceHead&, const WorkspaceHead&) = default;
};

/// A notebook as the hub knows it.
struct HubDevice {
  DeviceId id;
  std::string principal;  // who registered it; anybody else is told that it is forked
  EntryNumber last_n;     // the last entry consumed
  EntryNumber acked_n;    // results up to here are no longer needed
  HubSequence cursor;     // durable at the notebook …
  HubSequence low_base;   // … and the least base it may still send
  UnixMillis seen_at = 0;

  friend bool operator==(const HubDevice&, const HubDevice&) = default;
};

/// What was answered to entry (device, n), kept until the notebook says that it needs it no more.
struct StoredResult {
  DeviceId device;
  EntryId id;
  PushResult result;
};

/// The entry that last raised a component: when it was numbered, and whose it was.
struct Writer {
  HubSequence seq;  // zero: the component is absent
  DeviceId device;

  friend bool operator==(const Writer&, const Writer&) = default;
};

struct ElementWriters {
  Writer last;
  Writer rm;

  friend bool operator==(const ElementWriters&, const ElementWriters&) = default;
};

struct CellWriters {
  Writer head;
  Writer clr;
  std::map<std::string, ElementWriters> elems;

  friend bool operator==(const CellWriters&, const CellWriters&) = default;
};

/// Path → who raised what there. Covers the components of the state beside it (Element::first
/// aside).
using WriterTable = std::map<std::string, CellWriters, PathLess>;

/// A context as of `last.seq`, its version.
struct HubContext {
  ContextRef ref;
  State state;
  WriterTable writers;
  Writer last;                // its last item and whose that is
  HubSequence last_of_other;  // the last item of any other device than that one
  UnixMillis updated_at = 0;
  std::string updated_by;
  std::vector<Purge> purges;  // for what is joined later
};

/// A feed item and the running hash up to it, which is computed once and never again.
struct StoredItem {
  FeedItem item;
  FeedCheck check;
  bool is_purged = false;  // it holds less than when the hash was computed
};

/// Everything one commit changes. All or nothing.
struct HubCommit {
  WorkspaceHead head;
  std::vector<HubDevice> devices;
  std::vector<StoredResult> results;
  std::vector<HubContext> contexts;
  std::vector<StoredItem> items;  // in sequence order; each also makes its entry id known
  std::vector<ConflictRecord> conflicts;

  /// Results of `device` numbered in [from, through] are not needed any more.
  struct Pruned {
    DeviceId device;
    EntryNumber from;
    EntryNumber through;
  };
  std::vector<Pruned> pruned;

  /// An item that leaves the feed; its entry id is forgotten.
  struct DroppedItem {
    HubSequence seq;
    EntryId id;
  };
  std::vector<DroppedItem> dropped_items;

  /// A conflict record that is kept no longer.
  struct ForgottenRecord {
    ContextRef context;
    std::string id;
  };
  std::vector<ForgottenRecord> forgotten_records;

  /// Items that are in the feed already, as they are now.
  std::vector<StoredItem> rewritten_items;
};

/// How much one range read returns: it ends before exceeding either bound, but never returns less
/// than one row.
struct ReadBounds {
  std::size_t rows = limits::kPageItems;
  std::size_t bytes = limits::kPageBytes;  // of stored rows
};

struct FeedSlice {
  std::vector<StoredItem> items;
  bool more = false;  // rows follow
};

struct ContextSlice {
  std::vector<HubContext> contexts;
  bool more = false;
};

/// Which conflict records to read.
struct RecordFilter {
  std::optional<ContextRef> context;  // nothing: the whole workspace
  bool with_resolved = false;
};

/// Thread-safety: any thread. A read sees every commit that returned before it began.
/// Errors:        kCorruption for damaged rows; kUnavailable, kTimeout and kStorageFull of the
/// store.
class HubStore {
 public:
  virtual ~HubStore() = default;

  virtual Result<std::vector<WorkspaceId>> Workspaces() = 0;

  /// Nothing: there is no such workspace.
  virtual Result<std::optional<WorkspaceHead>> ReadHead(const WorkspaceId& workspace) = 0;

  virtual Result<std::optional<HubDevice>> ReadDevice(const WorkspaceId& workspace,
                                                      DeviceId device) = 0;

  /// All notebooks that ever registered.
  virtual Result<std::vector<HubDevice>> ReadDevices(const WorkspaceId& workspace) = 0;

  virtual Result<std::optional<StoredResult>> ReadResult(const WorkspaceId& workspace,
                                                         DeviceId device, EntryNumber n) = 0;

  /// The item that entry `id` became, as long as it is in the feed.
  virtual Result<std::optional<HubSequence>> FindEntry(const WorkspaceId& workspace,
                                                       const EntryId& id) = 0;

  /// Items after `since`, in order.
  virtual Result<FeedSlice> ReadFeed(const WorkspaceId& workspace, HubSequence since,
                                     ReadBounds bounds) = 0;

  virtual Result<std::optional<HubContext>> ReadContext(const WorkspaceId& workspace,
                                                        const ContextRef& context) = 0;

  /// Contexts after `after` (nothing: from the first), in an order that is the store's own but
  /// never changes.
  virtual Result<ContextSlice> ReadContexts(const WorkspaceId& workspace,
                                            const std::optional<ContextRef>& after,
                                            ReadBounds bounds) = 0;

  /// Records in order of context, then id.
  virtual Result<std::vector<ConflictRecord>> ReadConflicts(const WorkspaceId& workspace,
                                                            const RecordFilter& filter) = 0;

  /// Durability: fsynced when it returns. After an error nothing of it is visible; it may still
  /// surface after a
  ///             crash of the store, so the caller reads the head again before it commits on.
  virtual Status Commit(const WorkspaceId& workspace, const HubCommit& commit) = 0;

  /// What commits replaced or took away leaves the files too. Takes its time.
  virtual Status Scrub() { return {}; }
};

}  // namespace contextsync

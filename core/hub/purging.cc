#include "core/hub/purging.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/base/failpoint.h"
#include "core/base/log.h"
#include "core/document/drop.h"
#include "core/document/join.h"
#include "core/hub/collector.h"
#include "core/ports/protocol_mutant.h"
#include "core/ports/record_purging.h"

namespace contextsync {

namespace {

/// Numbers one purge; lives for that long.
class Purging {
 public:
  Purging(HubStage& stage, const Pusher& pusher, const PushEntry& entry)
      : stage_(stage), pusher_(pusher), entry_(entry), purge_(entry.purge) {
    purge_.before = purge_.writes.empty() ? seq() : HubSequence();
    purge_.seqs.clear();
  }

  Result<PushResult> Run() {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const HubContext* context, stage_.Context(entry_.context));
    const bool is_refiled = !purge_.IsWhole();
    if (is_refiled && IsKnown(*context)) return ConsumedWithoutItem(stage_, entry_);
    CONTEXTSYNC_RETURN_IF_ERROR(Complete(*context));
    CONTEXTSYNC_ASSIGN_OR_RETURN(const bool may, MayPurge(is_refiled));
    if (!may) {
      return Rejection(entry_.n, "forbidden",
                       "others wrote there too: a purge of that takes a token of role admin");
    }
    CONTEXTSYNC_RETURN_IF_ERROR(
        stage_.RewriteItems(entry_.context, [this](FeedItem& item) { return TakeOutOf(item); }));
    CONTEXTSYNC_RETURN_IF_ERROR(ChangeContext());
    CONTEXTSYNC_ASSIGN_OR_RETURN(std::vector<ConflictRecord> changed, ChangeRecords());
    return Append(std::move(changed));
  }

 private:
  [[nodiscard]] bool IsKnown(const HubContext& context) const {
    return WritesBeyond(purge_.writes, KeptWrites(context.purges, purge_.path)).empty();
  }

  /// Everything that holds something there, and the items that brought it.
  Status Complete(const HubContext& context) {
    if (purge_.IsWhole()) AddWrites(purge_.writes, WritesAt(context.state, purge_.path));
    CONTEXTSYNC_RETURN_IF_ERROR(stage_.RewriteItems(entry_.context, [this](FeedItem& item) {
      Note(item);
      return false;
    }));
    if (!purge_.IsWhole()) return {};
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto records, stage_.AllRecords(entry_.context));
    for (const ConflictRecord& record : records)
      AddWrites(purge_.writes, WritesAt(record.left_out.delta(), purge_.path));
    return {};
  }

  void Note(const FeedItem& item) {
    // Who has not come to a collection yet still holds what it collected, and will not be told of
    // it any more.
    if (purge_.IsWhole()) AddWrites(purge_.writes, WritesAt(item.drops, purge_.path));
    std::vector<WriteId> writes = WritesAt(item.delta, purge_.path);
    if (writes.empty()) return;
    const bool is_of_purge =
        purge_.IsWhole() || std::any_of(writes.begin(), writes.end(), [this](const WriteId& write) {
          return std::binary_search(purge_.writes.begin(), purge_.writes.end(), write);
        });
    if (!is_of_purge) return;
    purge_.seqs.push_back(item.seq);
    if (purge_.IsWhole()) AddWrites(purge_.writes, writes);
  }

  /// An admin may, and who wrote all of it. After a restore anybody may bring back what the backup
  /// did not know of yet.
  Result<bool> MayPurge(bool is_refiled) {
    if (pusher_.is_admin) return true;
    if (is_refiled && !stage_.head().previous_epoch.empty()) return true;
    std::set<DeviceId> devices;
    for (const WriteId& write : purge_.writes)
      devices.insert(write.device);
    devices.erase(pusher_.device);
    for (const DeviceId device : devices) {
      CONTEXTSYNC_ASSIGN_OR_RETURN(const HubDevice* const known, stage_.Device(device));
      if (known == nullptr || known->principal != pusher_.principal) return false;
    }
    return true;
  }

  bool TakeOutOf(FeedItem& item) const {
    if (MutantActive(ProtocolMutant::kPurgeLeavesFeed)) return false;
    bool is_changed = ApplyPurge(item.delta, purge_);
    is_changed |= ApplyPurge(item.drops, purge_);
    for (ConflictRecord& record : item.conflicts)
      is_changed |= PurgeRecord(record, purge_);
    return is_changed;
  }

  Result<std::vector<ConflictRecord>> ChangeRecords() {
    CONTEXTSYNC_ASSIGN_OR_RETURN(auto records, stage_.AllRecords(entry_.context));
    std::vector<ConflictRecord> changed;
    for (ConflictRecord& record : records) {
      const bool had_left_out = !record.left_out.empty();
      if (!PurgeRecord(record, purge_)) continue;
      record.rev = seq();
      // Nothing is left to decide between.
      if (had_left_out && record.left_out.empty() && record.status == ConflictStatus::kOpen) {
        record.status = ConflictStatus::kResolved;
        record.resolution = ConflictResolution{"superseded", entry_.agent, seq()};
      }
      stage_.PutRecord(record);
      changed.push_back(std::move(record));
    }
    return changed;
  }

  [[nodiscard]] HubSequence seq() const { return stage_.head().seq.Next(); }

  /// What the feed adds up to now.
  Result<State> Folded() {
    State folded;
    CONTEXTSYNC_RETURN_IF_ERROR(stage_.RewriteItems(entry_.context, [&folded](FeedItem& item) {
      Join(folded, item.delta);
      ApplyDrops(folded, item.drops);
      return false;
    }));
    return folded;
  }

  /// A whole purge names all writes; one that was filed again may leave others in the feed.
  Status TakeOutOf(State& state) {
    const State before = state;
    ApplyPurge(state, purge_);
    if (purge_.IsWhole()) return {};
    CONTEXTSYNC_ASSIGN_OR_RETURN(const State folded, Folded());
    RestoreOtherWrites(state, before, folded, purge_);
    return {};
  }

  Status ChangeContext() {
    HubContext& context = stage_.ChangeContext(entry_.context);
    CONTEXTSYNC_RETURN_IF_ERROR(TakeOutOf(context.state));
    DropWriters(context.writers, context.state);
    KeepPurge(context.purges, purge_);
    if (context.last.device != pusher_.device) context.last_of_other = context.last.seq;
    context.last = {seq(), pusher_.device};
    context.updated_at = pusher_.now;
    context.updated_by = entry_.agent;
    WorkspaceHead head = stage_.head();
    head.must_scrub = true;
    stage_.SetHead(std::move(head));
    return {};
  }

  PushResult Append(std::vector<ConflictRecord> changed) {
    FeedItem item = NextItem(stage_, pusher_, entry_);
    item.kind = item.change_type = kPurging;
    item.purge = std::move(purge_);
    item.conflicts = std::move(changed);
    PushResult result;
    result.n = entry_.n;
    result.status = PushStatus::kAccepted;
    result.seq = result.rev = item.seq;
    result.hash = item.hash;
    result.check = NextCheck(stage_.head().check, item);
    stage_.Append({std::move(item), result.check}, Hlc{});
    return result;
  }

  HubStage& stage_;
  const Pusher& pusher_;
  const PushEntry& entry_;
  Purge purge_;
};

Status Scrub(HubStore& store, const WorkspaceId& workspace) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(std::optional<WorkspaceHead> head, store.ReadHead(workspace));
  if (!head || !head->must_scrub) return {};
  CONTEXTSYNC_RETURN_IF_ERROR(store.Scrub());
  PassFailpoint(Failpoint::kHubScrubbed);
  head->must_scrub = false;
  HubCommit commit;
  commit.head = std::move(*head);
  return store.Commit(workspace, commit);
}

}  // namespace

Result<PushResult> NumberPurge(HubStage& stage, const Pusher& pusher, const PushEntry& entry) {
  return Purging(stage, pusher, entry).Run();
}

void ScrubPurged(HubStore& store, const WorkspaceId& workspace) {
  const Status scrubbed = Scrub(store, workspace);
  if (scrubbed.ok()) return;
  CONTEXTSYNC_LOG(kWarning, "what was purged may still be in the store's files",
                  {{"error", scrubbed.error().message()}});
}

}  // namespace contextsync

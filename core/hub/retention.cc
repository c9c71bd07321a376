#include "core/hub/retention.h"

#include <algorithm>
#include <utility>

#include "core/base/hash.h"
#include "core/hub/collector.h"
#include "core/hub/hub_stage.h"
#include "core/hub/sequencer.h"

namespace contextsync {

namespace {

// Bounds of one piece: pushes that arrive meanwhile wait for it.
constexpr ReadBounds kContextsAtOnce = {.rows = 64, .bytes = 4 * limits::kMiB};
constexpr ReadBounds kItemsAtOnce = {.rows = 500, .bytes = 4 * limits::kMiB};
constexpr std::size_t kDropsPerItem = 2'000;
constexpr std::size_t kRecordsPerItem = 2'000;

UnixMillis Before(UnixMillis now, std::chrono::hours age) {
  return now - std::chrono::duration_cast<std::chrono::milliseconds>(age).count();
}

/// Somebody has to decide it, or `_versions` shows it.
bool IsNeeded(const ConflictRecord& record) {
  return record.status == ConflictStatus::kOpen ||
         (record.status == ConflictStatus::kAuto && record.strategy == Strategy::kVersion);
}

/// What goes of one context.
struct Collected {
  std::vector<Drop> drops;
  std::vector<std::string> records;

  [[nodiscard]] bool empty() const { return drops.empty() && records.empty(); }
};

std::string HashOf(const Collected& collected) {
  std::string bytes = EncodeDrops(collected.drops);
  for (const std::string& id : collected.records)
    bytes += id;
  return Sha256Hex(bytes);
}

FeedItem CollectionOf(const HubContext& context, const WorkspaceHead& head, UnixMillis now,
                      Collected collected) {
  FeedItem item;
  item.seq = head.seq.Next();
  item.kind = item.change_type = kCollection;
  item.context = context.ref;
  item.changed_by = item.source = "hub";
  item.timestamp = now;
  item.device = head.hub_device;
  item.id = EntryId("gc-" + std::to_string(item.seq.value));
  item.hash = HashOf(collected);
  item.rev = context.last.seq;
  item.drops = std::move(collected.drops);
  item.forgotten = std::move(collected.records);
  return item;
}

/// One piece of work; lives for that long.
class Retainer {
 public:
  Retainer(HubStore& store, const WorkspaceId& workspace, const RetentionRules& rules,
           WorkspaceHead head, UnixMillis now)
      : store_(store),
        workspace_(workspace),
        rules_(rules),
        now_(now),
        stage_(store, workspace, std::move(head)) {}

  Result<RetentionStep> Run(const std::optional<ContextRef>& after) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto devices, store_.ReadDevices(workspace_));
    seen_ = SeenByAll(devices, stage_.head().seq, Before(now_, rules_.silent_after));
    CONTEXTSYNC_RETURN_IF_ERROR(FindBegin());
    CONTEXTSYNC_RETURN_IF_ERROR(Collect(after));
    CONTEXTSYNC_RETURN_IF_ERROR(Prune());
    if (stage_.is_changed())
      CONTEXTSYNC_RETURN_IF_ERROR(store_.Commit(workspace_, stage_.ToCommit()));
    step_.epoch = stage_.head().epoch;
    step_.items = stage_.items();
    return std::move(step_);
  }

 private:
  Status FindBegin() {
    const ReadBounds one = {.rows = 1, .bytes = 0};
    CONTEXTSYNC_ASSIGN_OR_RETURN(const FeedSlice oldest,
                                 store_.ReadFeed(workspace_, HubSequence(), one));
    if (!oldest.items.empty()) begin_ = oldest.items.front().item.seq;
    return {};
  }

  Status Collect(const std::optional<ContextRef>& after) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const ContextSlice slice,
                                 store_.ReadContexts(workspace_, after, kContextsAtOnce));
    for (const HubContext& context : slice.contexts)
      CONTEXTSYNC_RETURN_IF_ERROR(CollectFrom(context));
    if (!slice.more) return {};
    step_.is_complete = false;
    step_.after = slice.contexts.back().ref;
    return {};
  }

  Status CollectFrom(const HubContext& stored) {
    const CollectionBounds bounds = {seen_, Before(now_, rules_.collect_after), kDropsPerItem};
    Collected collected;
    collected.drops = FindCollectable(stored, bounds);
    CONTEXTSYNC_ASSIGN_OR_RETURN(collected.records, ForgottenOf(stored.ref));
    if (collected.empty()) return {};
    if (!collected.drops.empty())
      CONTEXTSYNC_RETURN_IF_ERROR(DropFrom(stored.ref, collected.drops));
    for (const std::string& id : collected.records)
      stage_.ForgetRecord(stored.ref, id);
    step_.collected += collected.drops.size();
    step_.forgotten += collected.records.size();
    FeedItem item = CollectionOf(stored, stage_.head(), now_, std::move(collected));
    FeedCheck check = NextCheck(stage_.head().check, item);
    stage_.Append({std::move(item), std::move(check)}, Hlc{});
    return {};
  }

  Status DropFrom(const ContextRef& ref, const std::vector<Drop>& drops) {
    CONTEXTSYNC_RETURN_IF_ERROR(stage_.Context(ref));
    HubContext& context = stage_.ChangeContext(ref);
    ApplyDrops(context.state, drops);
    DropWriters(context.writers, context.state);
    RaiseFloor(seen_);
    return {};
  }

  /// Records whose last change has left the feed: every live notebook has seen it and sends nothing
  /// that was written without it, so nothing can change them again.
  Result<std::vector<std::string>> ForgottenOf(const ContextRef& ref) {
    std::vector<std::string> ids;
    if (begin_ <= HubSequence(1)) return ids;  // nothing has left the feed
    CONTEXTSYNC_ASSIGN_OR_RETURN(const auto records, stage_.AllRecords(ref));
    for (const ConflictRecord& record : records) {
      if (record.rev < begin_ && !IsNeeded(record) && ids.size() < kRecordsPerItem)
        ids.push_back(record.id);
    }
    return ids;
  }

  /// Takes the oldest items out of the feed. The last one stays, since nobody has seen more: the
  /// running hash there is what the notebooks compare.
  Status Prune() {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const FeedSlice oldest,
                                 store_.ReadFeed(workspace_, HubSequence(), kItemsAtOnce));
    const UnixMillis before = Before(now_, rules_.keep_feed);
    for (const StoredItem& stored : oldest.items) {
      const FeedItem& item = stored.item;
      // What a notebook stands on stays: below the first item of the feed there is no going on.
      const bool is_needed = item.timestamp >= before || item.seq >= seen_;
      if (is_needed) return {};
      stage_.DropItem(item.seq, item.id);
      RaiseFloor(item.seq.Next());
      ++step_.pruned;
    }
    if (oldest.more) step_.is_complete = false;
    return {};
  }

  void RaiseFloor(HubSequence floor) {
    WorkspaceHead head = stage_.head();
    head.gc_floor = std::max(head.gc_floor, floor);
    stage_.SetHead(std::move(head));
  }

  HubStore& store_;
  const WorkspaceId& workspace_;
  const RetentionRules& rules_;
  const UnixMillis now_;
  HubStage stage_;
  HubSequence seen_;
  HubSequence begin_;  // of the feed
  RetentionStep step_;
};

}  // namespace

HubSequence SeenByAll(const std::vector<HubDevice>& devices, HubSequence head,
                      UnixMillis silent_before) {
  HubSequence seen = head;
  for (const HubDevice& device : devices) {
    if (device.seen_at < silent_before) continue;
    seen = std::min({seen, device.cursor, device.low_base});
  }
  return seen;
}

Result<RetentionStep> RunRetention(HubStore& store, const WorkspaceId& workspace,
                                   const RetentionRules& rules, UnixMillis now,
                                   const std::optional<ContextRef>& after) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(std::optional<WorkspaceHead> head, store.ReadHead(workspace));
  if (!head) return RetentionStep{};
  return Retainer(store, workspace, rules, std::move(*head), now).Run(after);
}

}  // namespace contextsync

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

UnixMillis Before(UnixMillis now, std::chrono::hours age) {
  return now - std::chrono::duration_cast<std::chrono::milliseconds>(age).count();
}

FeedItem CollectionOf(const HubContext& context, const WorkspaceHead& head, UnixMillis now,
                      std::vector<Drop> drops) {
  FeedItem item;
  item.seq = head.seq.Next();
  item.kind = item.change_type = kCollection;
  item.context = context.ref;
  item.changed_by = item.source = "hub";
  item.timestamp = now;
  item.device = head.hub_device;
  item.id = EntryId("gc-" + std::to_string(item.seq.value));
  item.hash = Sha256Hex(EncodeDrops(drops));
  item.rev = context.last.seq;
  item.drops = std::move(drops);
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
    CONTEXTSYNC_RETURN_IF_ERROR(Collect(after));
    CONTEXTSYNC_RETURN_IF_ERROR(Prune());
    if (stage_.is_changed())
      CONTEXTSYNC_RETURN_IF_ERROR(store_.Commit(workspace_, stage_.ToCommit()));
    step_.epoch = stage_.head().epoch;
    step_.items = stage_.items();
    return std::move(step_);
  }

 private:
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
    std::vector<Drop> drops = FindCollectable(stored, bounds);
    if (drops.empty()) return {};
    CONTEXTSYNC_RETURN_IF_ERROR(stage_.Context(stored.ref));
    HubContext& context = stage_.ChangeContext(stored.ref);
    ApplyDrops(context.state, drops);
    DropWriters(context.writers, context.state);
    step_.collected += drops.size();
    FeedItem item = CollectionOf(context, stage_.head(), now_, std::move(drops));
    FeedCheck check = NextCheck(stage_.head().check, item);
    stage_.Append({std::move(item), std::move(check)}, Hlc{});
    RaiseFloor(seen_);
    return {};
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

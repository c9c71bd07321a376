// HubStage: what one commit is going to change, laid over the store. Work reads through it, so the
// second write of a commit sees the first. Copying one is cheap (rows are shared until changed):
// that is how a transaction that is refused half way is undone.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/hub/hub_store.h"

namespace contextsync {

/// Thread-safety: one thread at a time.
/// Lifetime:      the store must outlive it. Pointers returned live until the next call that
/// changes the stage.
class HubStage {
 public:
  HubStage(HubStore& store, WorkspaceId workspace, WorkspaceHead head)
      : store_(&store), workspace_(std::move(workspace)), head_(std::move(head)) {}

  [[nodiscard]] const WorkspaceHead& head() const { return head_; }
  [[nodiscard]] const std::vector<std::shared_ptr<const StoredItem>>& items() const {
    return items_;
  }
  [[nodiscard]] bool is_changed() const { return is_changed_; }

  void SetHead(WorkspaceHead head);

  /// The notebook, or nullptr when it is not registered.
  Result<const HubDevice*> Device(DeviceId id);
  void PutDevice(HubDevice device);

  Result<std::optional<StoredResult>> ResultOf(DeviceId device, EntryNumber n);
  void PutResult(StoredResult result);
  void Prune(HubCommit::Pruned pruned);

  /// The item an entry became, if it is in the feed.
  Result<std::optional<StoredItem>> ItemOf(const EntryId& id);

  /// The item numbered `seq`; nothing when it is not in the feed (any more).
  Result<std::optional<StoredItem>> ItemAt(HubSequence seq);

  /// Adds the next item and moves the head to it. Precondition: item.seq is head + 1.
  void Append(StoredItem item, Hlc largest_hlc);

  /// Shows `change` every item of the context, in order; what it returns true for is kept as it is
  /// then.
  Status RewriteItems(const ContextRef& ref, const std::function<bool(FeedItem&)>& change);

  /// Takes an item out of the feed. Precondition: it is in the store, and not the last one.
  void DropItem(HubSequence seq, EntryId id);

  /// An empty context when there is none.
  Result<const HubContext*> Context(const ContextRef& ref);

  /// Precondition: Context(ref) succeeded before. The change is part of the commit.
  HubContext& ChangeContext(const ContextRef& ref);

  /// Every record of a context, closed ones too.
  Result<std::vector<ConflictRecord>> AllRecords(const ContextRef& ref);

  /// Takes a record away. Precondition: it is in the store, and not changed here.
  void ForgetRecord(const ContextRef& ref, const std::string& id);

  /// The records of a context that are not closed, in order of id.
  Result<std::vector<ConflictRecord>> LiveRecords(const ContextRef& ref);

  /// The record, closed or not; nothing when there is none.
  Result<std::optional<ConflictRecord>> Record(const ContextRef& ref, const std::string& id);
  void PutRecord(ConflictRecord record);

  /// Everything staged.
  [[nodiscard]] HubCommit ToCommit() const;

 private:
  struct Row {
    std::shared_ptr<HubContext> context;
    bool is_changed = false;
  };

  Status LoadRecords(const ContextRef& ref);

  HubStore* store_;
  WorkspaceId workspace_;
  WorkspaceHead head_;
  bool is_changed_ = false;
  std::map<DeviceId, std::optional<HubDevice>> devices_;  // nothing: not registered
  std::map<std::pair<DeviceId, EntryNumber>, StoredResult> results_;
  std::vector<HubCommit::Pruned> pruned_;
  std::vector<HubCommit::DroppedItem> dropped_items_;
  std::vector<HubCommit::ForgottenRecord> forgotten_records_;
  std::vector<std::shared_ptr<const StoredItem>> items_;
  std::map<EntryId, HubSequence> entries_;
  std::map<HubSequence, std::shared_ptr<const StoredItem>> rewritten_items_;
  std::map<ContextRef, Row> contexts_;
  std::map<ContextRef, std::map<std::string, ConflictRecord>> records_;  // as read and as changed
  std::map<std::pair<ContextRef, std::string>, ConflictRecord> changed_records_;
  // Closed ones included, as read.
  std::map<ContextRef, std::shared_ptr<const std::vector<ConflictRecord>>> all_records_;
};

}  // namespace contextsync

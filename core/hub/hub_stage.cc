#include "core/hub/hub_stage.h"

#include <algorithm>

#include "core/base/check.h"

namespace contextsync {

void HubStage::SetHead(WorkspaceHead head) {
  head_ = std::move(head);
  is_changed_ = true;
}

Result<const HubDevice*> HubStage::Device(DeviceId id) {
  auto it = devices_.find(id);
  if (it == devices_.end()) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(std::optional<HubDevice> device,
                                 store_->ReadDevice(workspace_, id));
    it = devices_.emplace(id, std::move(device)).first;
  }
  const HubDevice* device = it->second ? &*it->second : nullptr;
  return device;
}

void HubStage::PutDevice(HubDevice device) {
  const DeviceId id = device.id;
  devices_[id] = std::move(device);
  is_changed_ = true;
}

Result<std::optional<StoredResult>> HubStage::ResultOf(DeviceId device, EntryNumber n) {
  const auto it = results_.find({device, n});
  if (it != results_.end()) return std::optional<StoredResult>(it->second);
  return store_->ReadResult(workspace_, device, n);
}

void HubStage::PutResult(StoredResult result) {
  const std::pair key{result.device, result.result.n};
  results_.insert_or_assign(key, std::move(result));
  is_changed_ = true;
}

void HubStage::Prune(HubCommit::Pruned pruned) {
  pruned_.push_back(pruned);
  is_changed_ = true;
}

Result<std::optional<StoredItem>> HubStage::ItemOf(const EntryId& id) {
  const auto it = entries_.find(id);
  if (it != entries_.end()) return ItemAt(it->second);
  CONTEXTSYNC_ASSIGN_OR_RETURN(const std::optional<HubSequence> seq,
                               store_->FindEntry(workspace_, id));
  if (!seq) return std::optional<StoredItem>();
  return ItemAt(*seq);
}

Result<std::optional<StoredItem>> HubStage::ItemAt(HubSequence seq) {
  const auto none = std::optional<StoredItem>();
  if (seq == HubSequence() || seq > head_.seq) return none;
  // Invariant: staged items are the last ones of the feed, without a gap.
  const std::uint64_t from_end = head_.seq.value - seq.value;
  if (from_end < items_.size()) {
    return std::optional<StoredItem>(*items_[items_.size() - 1 - from_end]);
  }
  if (const auto it = rewritten_items_.find(seq); it != rewritten_items_.end())
    return std::optional<StoredItem>(*it->second);
  const ReadBounds one = {.rows = 1, .bytes = 0};
  CONTEXTSYNC_ASSIGN_OR_RETURN(FeedSlice slice,
                               store_->ReadFeed(workspace_, HubSequence(seq.value - 1), one));
  if (slice.items.empty() || slice.items.front().item.seq != seq) return none;
  return std::optional<StoredItem>(std::move(slice.items.front()));
}

void HubStage::Append(StoredItem item, Hlc largest_hlc) {
  CONTEXTSYNC_CHECK(item.item.seq == head_.seq.Next());
  head_.seq = item.item.seq;
  head_.check = item.check;
  head_.largest_hlc = std::max(head_.largest_hlc, largest_hlc);
  entries_[item.item.id] = item.item.seq;
  items_.push_back(std::make_shared<const StoredItem>(std::move(item)));
  is_changed_ = true;
}

Status HubStage::RewriteItems(const ContextRef& ref, const std::function<bool(FeedItem&)>& change) {
  const auto rewritten = [&](const StoredItem& known) {
    if (known.item.context != ref) return std::shared_ptr<const StoredItem>();
    StoredItem item = known;
    if (!change(item.item)) return std::shared_ptr<const StoredItem>();
    item.is_purged = true;
    is_changed_ = true;
    return std::shared_ptr<const StoredItem>(std::make_shared<StoredItem>(std::move(item)));
  };
  HubSequence since;
  for (bool more = true; more;) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(const FeedSlice slice,
                                 store_->ReadFeed(workspace_, since, ReadBounds{}));
    for (const StoredItem& stored : slice.items) {
      since = stored.item.seq;
      const auto earlier = rewritten_items_.find(since);
      auto item = rewritten(earlier == rewritten_items_.end() ? stored : *earlier->second);
      if (item) rewritten_items_[since] = std::move(item);
    }
    more = slice.more && !slice.items.empty();
  }
  for (auto& staged : items_) {
    if (auto item = rewritten(*staged)) staged = std::move(item);
  }
  return {};
}

void HubStage::DropItem(HubSequence seq, EntryId id) {
  dropped_items_.push_back({seq, std::move(id)});
  is_changed_ = true;
}

Result<const HubContext*> HubStage::Context(const ContextRef& ref) {
  auto it = contexts_.find(ref);
  if (it == contexts_.end()) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(std::optional<HubContext> stored,
                                 store_->ReadContext(workspace_, ref));
    HubContext context = stored ? std::move(*stored) : HubContext{};
    context.ref = ref;
    it = contexts_.emplace(ref, Row{std::make_shared<HubContext>(std::move(context))}).first;
  }
  const HubContext* context = it->second.context.get();
  return context;
}

HubContext& HubStage::ChangeContext(const ContextRef& ref) {
  const auto it = contexts_.find(ref);
  CONTEXTSYNC_CHECK(it != contexts_.end());
  Row& row = it->second;
  if (row.context.use_count() > 1) row.context = std::make_shared<HubContext>(*row.context);
  row.is_changed = true;
  is_changed_ = true;
  return *row.context;
}

Result<std::vector<ConflictRecord>> HubStage::AllRecords(const ContextRef& ref) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(
      auto stored, store_->ReadConflicts(workspace_, {.context = ref, .with_resolved = true}));
  std::map<std::string, ConflictRecord> records;
  if (const auto staged = records_.find(ref); staged != records_.end()) records = staged->second;
  for (ConflictRecord& record : stored) {
    std::string id = record.id;
    records.emplace(std::move(id), std::move(record));
  }
  std::vector<ConflictRecord> all;
  for (auto& [id, record] : records)
    all.push_back(std::move(record));
  return all;
}

void HubStage::ForgetRecord(const ContextRef& ref, const std::string& id) {
  forgotten_records_.push_back({ref, id});
  is_changed_ = true;
}

Status HubStage::LoadRecords(const ContextRef& ref) {
  if (records_.contains(ref)) return {};
  CONTEXTSYNC_ASSIGN_OR_RETURN(std::vector<ConflictRecord> stored,
                               store_->ReadConflicts(workspace_, {.context = ref}));
  auto& records = records_[ref];
  for (ConflictRecord& record : stored) {
    std::string id = record.id;
    records.emplace(std::move(id), std::move(record));
  }
  return {};
}

Result<std::vector<ConflictRecord>> HubStage::LiveRecords(const ContextRef& ref) {
  CONTEXTSYNC_RETURN_IF_ERROR(LoadRecords(ref));
  std::vector<ConflictRecord> live;
  for (const auto& [id, record] : records_[ref]) {
    if (record.status != ConflictStatus::kResolved) live.push_back(record);
  }
  return live;
}

Result<std::optional<ConflictRecord>> HubStage::Record(const ContextRef& ref,
                                                       const std::string& id) {
  CONTEXTSYNC_RETURN_IF_ERROR(LoadRecords(ref));
  const auto& records = records_[ref];
  if (const auto it = records.find(id); it != records.end()) return std::optional(it->second);
  // Closed ones are asked for so rarely that they are not read with the others.
  if (!all_records_.contains(ref)) {
    CONTEXTSYNC_ASSIGN_OR_RETURN(std::vector<ConflictRecord> stored, AllRecords(ref));
    all_records_[ref] = std::make_shared<const std::vector<ConflictRecord>>(std::move(stored));
  }
  const std::vector<ConflictRecord>& all = *all_records_[ref];
  const auto it = std::find_if(all.begin(), all.end(),
                               [&](const ConflictRecord& record) { return record.id == id; });
  if (it == all.end()) return std::optional<ConflictRecord>();
  return std::optional(*it);
}

void HubStage::PutRecord(ConflictRecord record) {
  records_[record.context].insert_or_assign(record.id, record);
  const std::pair key{record.context, record.id};
  changed_records_.insert_or_assign(key, std::move(record));
  is_changed_ = true;
}

HubCommit HubStage::ToCommit() const {
  HubCommit commit;
  commit.head = head_;
  for (const auto& [id, device] : devices_) {
    if (device) commit.devices.push_back(*device);
  }
  for (const auto& [key, result] : results_)
    commit.results.push_back(result);
  for (const auto& item : items_)
    commit.items.push_back(*item);
  for (const auto& [seq, item] : rewritten_items_)
    commit.rewritten_items.push_back(*item);
  for (const auto& [ref, row] : contexts_) {
    if (row.is_changed) commit.contexts.push_back(*row.context);
  }
  for (const auto& [key, record] : changed_records_)
    commit.conflicts.push_back(record);
  commit.pruned = pruned_;
  commit.dropped_items = dropped_items_;
  commit.forgotten_records = forgotten_records_;
  return commit;
}

}  // namespace contextsync

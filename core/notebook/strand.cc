#include "core/notebook/strand.h"

#include <algorithm>
#include <utility>

#include "core/base/failpoint.h"
#include "core/base/log.h"
#include "core/notebook/tables.h"

namespace contextsync {

namespace {

// Enough for the contexts a few agents work on. Decoded they take about twice what is counted, and
// a notebook of 10,000 contexts shall stay below 60 MiB altogether.
constexpr std::size_t kCacheBytes = 8 * limits::kMiB;

}  // namespace

Strand::Strand(TableStore& store, HighWaterMark& mark, Meta meta)
    : store_(store), mark_(mark), reader_(store), cache_(reader_, kCacheBytes) {
  cache_.Switch(meta.generation);
  meta_.visible = std::make_shared<const Meta>(std::move(meta));
  meta_.durable = meta_.visible;
}

CommittedMeta Strand::committed() const {
  MutexLock lock(mu_);
  return meta_;
}

std::size_t Strand::waiting() const {
  MutexLock lock(mu_);
  return queue_.size();
}

Status Strand::Enqueue(const Work& work, bool is_alone) {
  Waiter self{&work, is_alone, WorkEnd::kDiscard, {}, false, {}};
  std::vector<Waiter*> batch;
  {
    MutexLock lock(mu_);
    queue_.push_back(&self);
    // The leader always finishes: it waits for nobody, and the store's calls end.
    while (!self.is_done && queue_.front() != &self)
      self.wake.Wait(mu_);
    if (self.is_done) return std::move(self.status);
    batch = NextBatch();
  }
  RunBatch(batch);
  MutexLock lock(mu_);
  for (Waiter* waiter : batch) {
    queue_.pop_front();
    if (waiter == &self) continue;
    waiter->is_done = true;
    waiter->wake.NotifyOne();
  }
  if (!queue_.empty()) queue_.front()->wake.NotifyOne();
  return std::move(self.status);
}

std::vector<Strand::Waiter*> Strand::NextBatch() {
  auto end = queue_.begin() + 1;
  if (!queue_.front()->is_alone)
    end = std::find_if(queue_.begin(), queue_.end(),
                       [](const Waiter* waiter) { return waiter->is_alone; });
  return {queue_.begin(), end};
}

void Strand::RunBatch(const std::vector<Waiter*>& batch) {
  Changeset all(reader_, cache_, *committed().visible);
  WorkEnd end = WorkEnd::kDiscard;
  for (Waiter* waiter : batch) {
    Changeset changeset = Changeset::Over(all);
    waiter->end = (*waiter->work)(changeset);
    if (waiter->end == WorkEnd::kDiscard) continue;
    all.Absorb(std::move(changeset));
    end = std::max(end, waiter->end);
  }
  if (end == WorkEnd::kDiscard) return;
  const Status status = Commit(all, end);
  if (status.ok()) return;
  for (Waiter* waiter : batch) {
    if (waiter->end != WorkEnd::kDiscard) waiter->status = status;
  }
}

Status Strand::Commit(Changeset& changeset, WorkEnd end) {
  TableBatch batch = changeset.TakeBatch();
  batch.Put(tables::kMeta, keys::MetaRecord(), Encode(changeset.meta()));
  const auto durability = end == WorkEnd::kKeepSynced ? Durability::kSynced : Durability::kBuffered;
  CONTEXTSYNC_RETURN_IF_ERROR(TryFailpoint(Failpoint::kCommitStaged));
  CONTEXTSYNC_RETURN_IF_ERROR(store_.Write(batch, durability));
  PassFailpoint(Failpoint::kCommitStored);
  StoreMark(changeset.meta());
  PassFailpoint(Failpoint::kCommitMarked);
  Publish(changeset, end);
  PassFailpoint(Failpoint::kCommitPublished);
  return {};
}

void Strand::StoreMark(const Meta& meta) {
  // The batch is committed whatever becomes of the mark: an old mark only notices less.
  const Status stored = mark_.Store({meta.next_n, meta.hlc, meta.cursor});
  if (!stored.ok())
    CONTEXTSYNC_LOG(kWarning, "high-water mark not stored", {{"error", stored.error().message()}});
}

void Strand::Publish(const Changeset& changeset, WorkEnd end) {
  auto meta = std::make_shared<const Meta>(changeset.meta());
  const bool is_switch = committed().visible->generation != meta->generation;
  if (is_switch) cache_.Switch(meta->generation);
  cache_.Publish(changeset.documents());
  if (is_switch || !changeset.documents().empty()) ++document_commits_;
  MutexLock lock(mu_);
  ++commit_count_;
  if (end == WorkEnd::kKeepSynced) {
    meta_.durable = meta;
    durable_count_ = commit_count_;
  }
  meta_.visible = std::move(meta);
}

Status Strand::Flush() {
  std::shared_ptr<const Meta> flushed;
  std::uint64_t flushed_count = 0;
  {
    MutexLock lock(mu_);
    flushed = meta_.visible;
    flushed_count = commit_count_;
  }
  CONTEXTSYNC_RETURN_IF_ERROR(store_.Sync());
  CONTEXTSYNC_RETURN_IF_ERROR(TryFailpoint(Failpoint::kFlushStoreSynced));
  CONTEXTSYNC_RETURN_IF_ERROR(mark_.Sync());
  MutexLock lock(mu_);
  if (flushed_count <= durable_count_) return {};  // a synced commit came in between
  meta_.durable = std::move(flushed);
  durable_count_ = flushed_count;
  return {};
}

}  // namespace contextsync

// Strand: the one order of all changes to a notebook. Whoever finds no leader becomes it, runs all
// waiting work on stacked changesets, writes one batch and wakes the others: concurrent writers
// share one fsync. Source: docs/decisions/0003-leader-batching.md

#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/mutex.h"
#include "core/notebook/changeset.h"
#include "core/notebook/document_cache.h"
#include "core/ports/high_water_mark.h"
#include "core/ports/table_store.h"

namespace contextsync {

/// What becomes of a piece of work's changeset.
enum class WorkEnd {
  kDiscard,       // nothing changed, or refused
  kKeepBuffered,  // redoing it after a power cut is harmless
  kKeepSynced,    // acknowledged to somebody: fsync first
};

using Work = std::function<WorkEnd(Changeset&)>;

/// Committed meta records: what is visible, and what survives a power cut.
struct CommittedMeta {
  std::shared_ptr<const Meta> visible;
  std::shared_ptr<const Meta> durable;
};

/// Thread-safety: any thread.
class Strand {
 public:
  Strand(TableStore& store, HighWaterMark& mark, Meta meta);

  /// Runs `work` after all work queued before it and commits what it kept.
  ///
  /// Errors:     of the store; then nothing of the work is visible, here or anywhere.
  /// Durability: as `work` asked for, before this returns.
  Status Run(const Work& work) { return Enqueue(work, false); }

  /// As Run, in a batch of its own: for work that switches the generation under the documents.
  Status RunAlone(const Work& work) { return Enqueue(work, true); }

  /// Makes everything visible durable. Runs beside the strand.
  Status Flush();

  /// Calls that wait, those of the running batch included.
  [[nodiscard]] std::size_t waiting() const;

  [[nodiscard]] CommittedMeta committed() const;

  /// How many commits put documents: whoever met this number before has missed none since.
  [[nodiscard]] std::uint64_t document_commits() const { return document_commits_.load(); }
  [[nodiscard]] const DocumentCache& documents() const { return cache_; }
  [[nodiscard]] const TableReader& tables() const { return reader_; }

 private:
  struct Waiter {
    const Work* work;
    bool is_alone;
    WorkEnd end = WorkEnd::kDiscard;
    Status status;
    bool is_done = false;
    CondVar wake;
  };

  Status Enqueue(const Work& work, bool is_alone);
  std::vector<Waiter*> NextBatch() REQUIRES(mu_);
  void RunBatch(const std::vector<Waiter*>& batch);
  Status Commit(Changeset& changeset, WorkEnd end);
  void Publish(const Changeset& changeset, WorkEnd end);
  void StoreMark(const Meta& meta);

  // Constant after construction.
  TableStore& store_;
  HighWaterMark& mark_;
  const StoreReader reader_;
  DocumentCache cache_;

  std::atomic<std::uint64_t> document_commits_ = 0;

  mutable Mutex mu_;
  std::deque<Waiter*> queue_ GUARDED_BY(mu_);  // the front one leads
  CommittedMeta meta_ GUARDED_BY(mu_);
  std::uint64_t commit_count_ GUARDED_BY(mu_) = 0;   // the commit behind meta_.visible …
  std::uint64_t durable_count_ GUARDED_BY(mu_) = 0;  // … and behind meta_.durable
};

}  // namespace contextsync

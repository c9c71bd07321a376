// What an open notebook consists of, and how work gets onto its strand: shared by the files that
// implement Notebook (notebook.cc the agent's side, notebook_hub.cc the hub's side,
// notebook_search.cc).

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/mutex.h"
#include "core/notebook/hub_word.h"
#include "core/notebook/notebook.h"
#include "core/notebook/policy_source.h"
#include "core/notebook/strand.h"

namespace contextsync {

/// Thread-safety: any thread.
class Notebook::Core {
 public:
  struct Ports {
    TableStore& store;
    HighWaterMark& mark;
    Clock& clock;
    Random& random;
  };

  Core(const Ports& ports, bool is_synced, Meta meta)
      : store(ports.store),
        clock(ports.clock),
        random(ports.random),
        has_hub(is_synced),
        strand(ports.store, ports.mark, std::move(meta)) {}

  [[nodiscard]] std::shared_ptr<const Meta> meta() const { return strand.committed().visible; }

  /// What a change made of its changeset, or why it must be dropped.
  using Change = std::function<Result<WorkEnd>(Changeset&)>;

  /// Runs `change` in its turn and commits what it kept.
  Status Run(const Change& change) {
    return Finish([this](const Work& work) { return strand.Run(work); }, change);
  }

  /// As Run, alone in its batch.
  Status RunAlone(const Change& change) {
    return Finish([this](const Work& work) { return strand.RunAlone(work); }, change);
  }

  /// As Run, for what nobody at the hub had a part in.
  Status RunLocal(const Change& change) {
    Result<WorkEnd> end = WorkEnd::kDiscard;
    CONTEXTSYNC_RETURN_IF_ERROR(strand.Run([&](Changeset& changes) {
      end = change(changes);
      return end.ok() ? end.value() : WorkEnd::kDiscard;
    }));
    if (!end.ok()) return std::move(end).error();
    return {};
  }

  void Hear(const HubWord& word) {
    MutexLock lock(word_mu_);
    if (word.at >= word_.at) word_ = word;
  }

  /// Where nothing else is to be written.
  Status KeepLastSync() {
    return strand.Run([this](Changeset& changes) {
      NoteLastSync(changes.meta());
      return WorkEnd::kKeepBuffered;
    });
  }

  void Notify(bool is_local) const {
    for (const auto& hook : on_commit)
      hook({is_local});
  }

  // Constant after opening.
  TableStore& store;
  Clock& clock;
  Random& random;
  const bool has_hub;
  std::vector<std::function<void(const CommitNote&)>> on_commit;

  Strand strand;
  PolicySource policy;  // belongs to the strand

  /// Grows with whatever may leave something to take into the search index.
  [[nodiscard]] std::uint64_t IndexVersion() const { return strand.document_commits() + rebuilds; }
  std::atomic<std::uint64_t> rebuilds = 0;
  std::atomic<std::uint64_t> indexed = ~std::uint64_t{0};  // the version that was all taken in

 private:
  Status Finish(const std::function<Status(const Work&)>& run, const Change& change) {
    Result<WorkEnd> end = WorkEnd::kDiscard;
    CONTEXTSYNC_RETURN_IF_ERROR(run([&](Changeset& changes) {
      end = change(changes);
      NoteLastSync(changes.meta());
      return end.ok() ? end.value() : WorkEnd::kDiscard;
    }));
    if (!end.ok()) return std::move(end).error();
    if (end.value() != WorkEnd::kDiscard) Notify(false);
    return {};
  }

  /// Only what reaches as far as the hub's feed did is a sync: the light may not be green after a
  /// restart in the middle of catching up, nor younger than the hub's word.
  void NoteLastSync(Meta& meta) {
    MutexLock lock(word_mu_);
    if (!word_.IsMetBy(meta.epoch, meta.cursor)) return;
    const std::chrono::milliseconds age = clock.BootTime() - word_.at;
    meta.last_sync_at = clock.WallMillis() - age.count();
  }

  Mutex word_mu_;
  HubWord word_ GUARDED_BY(word_mu_);
};

}  // namespace contextsync

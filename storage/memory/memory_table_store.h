// MemoryTableStore: the twin of the RocksDB store for tests and the simulator. Same contract, plus
// faults on demand and a power switch.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/mutex.h"
#include "core/ports/table_store.h"

namespace contextsync {

/// What becomes of a batch whose Write failed.
enum class FailedBatch {
  kGone,      // it never reached the disk
  kSurfaces,  // the disk had it after all: it is there after a Crash that follows before the next
              // Write
};

class MemoryTableStore final : public TableStore {
 public:
  explicit MemoryTableStore(std::size_t table_count);

  Result<std::optional<std::string>> Get(TableId table, std::string_view key) const override;
  Status Scan(TableId table, const KeyRange& range, const Visitor& visit) const override;
  Status Write(const TableBatch& batch, Durability durability) override;
  Status Sync() override;

  /// Errors: always kUnavailable; there are no files here.
  Status Checkpoint(const std::string& directory) override;

  [[nodiscard]] std::uint64_t ApproximateBytes() const override;

  // ── faults ──

  /// The `k`-th Write from now (1: the next one) fails with `error`, once.
  void FailWrite(std::uint64_t k, Error error, FailedBatch failed_batch = FailedBatch::kGone);

  /// Every Write and Sync fails with `error` from now on; nothing ends that.
  void FailWrites(std::optional<Error> error);

  /// Cuts the power: batches since the last sync are lost, but for the first `kept_batches` of
  /// them, as a log cut anywhere leaves them. The store then answers as one that was opened again.
  void Crash(std::size_t kept_batches = 0);

  /// Batches a Crash() would lose now.
  [[nodiscard]] std::size_t unsynced_batches() const;

  /// Writes that succeeded so far.
  [[nodiscard]] std::uint64_t write_count() const;

 private:
  using Table = std::map<std::string, std::string, std::less<>>;
  using Undo = std::vector<TableBatch::Operation>;  // in the order of the changes they take back

  struct PlannedFault {
    std::uint64_t writes_until;
    Error error;
    FailedBatch failed_batch;
  };

  /// One table as it was at a moment. Its release is ordered with writers by the mutex.
  class View;

  std::optional<Error> NextFault(const TableBatch& batch) REQUIRES(mu_);
  void Apply(const TableBatch& batch) REQUIRES(mu_);
  std::optional<std::string> Exchange(const TableBatch::Operation& operation) REQUIRES(mu_);
  Table& Writable(TableId table) REQUIRES(mu_);
  void TakeBack(const Undo& undo) REQUIRES(mu_);

  mutable Mutex mu_;
  mutable std::vector<std::shared_ptr<Table>> tables_ GUARDED_BY(mu_);
  std::vector<Undo> unsynced_ GUARDED_BY(mu_);  // one per batch since the last sync
  std::optional<TableBatch> ghost_ GUARDED_BY(mu_);
  std::optional<PlannedFault> planned_ GUARDED_BY(mu_);
  std::optional<Error> broken_ GUARDED_BY(mu_);
  std::uint64_t write_count_ GUARDED_BY(mu_) = 0;
  std::uint64_t bytes_ GUARDED_BY(mu_) = 0;
};

}  // namespace contextsync

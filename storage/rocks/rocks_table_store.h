// RocksTableStore: the tables of a workspace in RocksDB, one column family each. It heals itself:
// after a full or failing disk it closes and reopens the database, which is the only thing that
// helps, while reads go on. Source: docs/storage_format.md

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/mutex.h"
#include "core/ports/table_store.h"
#include "storage/rocks/disk_guard.h"
#include "storage/rocks/failed_writes.h"
#include "storage/rocks/rocks_options.h"
#include "storage/rocks/use_gate.h"

namespace rocksdb {
class WriteBatch;
}  // namespace rocksdb

namespace contextsync {

class RocksHandle;

enum class StoreHealth {
  kNormal,
  kStorageFull,  // reads go on, writes are refused until there is space
  kDegraded,     // the disk failed; reads go on, each write tries to reopen
  kUnavailable,  // not even reads
};

class RocksTableStore final : public TableStore {
 public:
  /// Precondition: the caller holds the directory's NotebookLock.
  ///
  /// Errors: kCorruption when the database is damaged or vanished; kInvalidArgument when a newer
  /// version wrote it.
  ///         On a full disk it opens all the same, for reading, and writes answer kStorageFull.
  static Result<std::unique_ptr<RocksTableStore>> Open(RocksOptions options);

  ~RocksTableStore() override;

  Result<std::optional<std::string>> Get(TableId table, std::string_view key) const override;
  Status Scan(TableId table, const KeyRange& range, const Visitor& visit) const override;
  Status Write(const TableBatch& batch, Durability durability) override;
  Status Sync() override;
  Status Checkpoint(const std::string& directory) override;
  Status Scrub() override;
  [[nodiscard]] std::uint64_t ApproximateBytes() const override;

  [[nodiscard]] StoreHealth health() const;

  /// Syncs and closes; later calls answer kUnavailable. The destructor does the same without
  /// telling.
  Status Close();

 private:
  RocksTableStore(RocksOptions options, DiskGuard guard);

  /// Ready to write, after healing if need be, with room for `bytes` more.
  Status PrepareWrite(std::uint64_t bytes);
  Status WriteNow(rocksdb::WriteBatch& rows, const TableBatch& batch, Durability durability);
  Error NoteFailure(Error error, const TableBatch& batch);
  void RememberRows(const TableBatch& batch);

  /// Closes and reopens the database and takes failed batches back.
  Status Heal();
  Status Reopen();
  Status TakeFailedWritesBack();

  const RocksOptions options_;
  DiskGuard guard_;
  FailedWrites failed_;
  Mutex scrub_mu_;  // one at a time: reopening waits for all who use the store
  mutable UseGate gate_;
  std::unique_ptr<RocksHandle> handle_;  // read inside a use of gate_, replaced while it is closed
  bool is_closed_ = false;               // likewise; by Close(), for good
};

}  // namespace contextsync

#include "storage/rocks/rocks_table_store.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "rocksdb/db.h"
#include "rocksdb/utilities/checkpoint.h"
#include "rocksdb/write_batch.h"

#include "core/base/failpoint.h"
#include "core/base/log.h"
#include "storage/rocks/rocks_handle.h"
#include "storage/rocks/rocks_iterator.h"
#include "storage/rocks/rocks_status.h"

namespace contextsync {
namespace {

using std::chrono_literals::operator""ms;

// Between two attempts to reopen: far below the 5 s in which a store must be writable again.
constexpr auto kHealPause = 250ms;
// A reader inside a scan may hold up a reopening for this long before the writer gives up and tells
// its caller.
constexpr auto kReaderPatience = 2000ms;
// Per row: lengths, table number and the log's own framing, rounded up.
constexpr std::uint64_t kRowOverheadBytes = 32;

Error Closed() {
  return {ErrorCode::kUnavailable, "the store is closed"};
}

std::uint64_t BytesOf(const TableBatch& batch) {
  std::uint64_t bytes = 0;
  for (const TableBatch::Operation& row : batch.operations()) {
    bytes += row.key.size() + (row.value ? row.value->size() : 0) + kRowOverheadBytes;
  }
  return bytes;
}

Status Fill(rocksdb::WriteBatch& rows, const TableBatch& batch, const RocksHandle& handle) {
  for (const TableBatch::Operation& row : batch.operations()) {
    rocksdb::ColumnFamilyHandle* table = handle.table(row.table);
    const rocksdb::Status status =
        row.value ? rows.Put(table, row.key, *row.value) : rows.Delete(table, row.key);
    CONTEXTSYNC_RETURN_IF_ERROR(StatusFrom(status, "building a batch"));
  }
  return {};
}

Status WriteRows(const RocksHandle& handle, rocksdb::WriteBatch& rows, Durability durability) {
  rocksdb::WriteOptions options;
  options.sync = durability == Durability::kSynced;
  return StatusFrom(handle.db().Write(options, &rows), "writing");
}

std::uint64_t Property(const RocksHandle& handle, const std::string& name) {
  std::uint64_t total = 0;
  for (rocksdb::ColumnFamilyHandle* table : handle.tables()) {
    std::uint64_t value = 0;
    if (handle.db().GetIntProperty(table, name, &value)) total += value;
  }
  return total;
}

/// Without what was overwritten or deleted: neither in a table file nor in a log.
Status RewriteFiles(const RocksHandle& handle) {
  CONTEXTSYNC_RETURN_IF_ERROR(
      StatusFrom(handle.db().Flush(rocksdb::FlushOptions(), handle.tables()), "scrubbing"));
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  for (rocksdb::ColumnFamilyHandle* table : handle.tables()) {
    CONTEXTSYNC_RETURN_IF_ERROR(
        StatusFrom(handle.db().CompactRange(options, table, nullptr, nullptr), "scrubbing"));
  }
  return {};
}

/// On a small disk the memtables shrink with the margin: a flush must fit into it.
std::size_t WriteBufferBytes(const RocksOptions& options) {
  constexpr std::uint64_t kLeast = 1 * limits::kMiB;
  const Result<DiskSpace> space = options.probe(options.directory);
  if (!space.ok()) return options.write_buffer_bytes;
  const std::uint64_t margin = std::max(kLeast, DiskMargin(space.value().total_bytes));
  return std::min<std::size_t>(options.write_buffer_bytes, margin);
}

}  // namespace

Result<std::unique_ptr<RocksTableStore>> RocksTableStore::Open(RocksOptions options) {
  options.write_buffer_bytes = WriteBufferBytes(options);
  DiskGuard guard(options.directory, options.probe);
  std::unique_ptr<RocksTableStore> store(new RocksTableStore(std::move(options), std::move(guard)));
  Result<std::unique_ptr<RocksHandle>> handle =
      RocksHandle::Open(store->options_, OpenMode::kNormal);
  if (!handle.ok() && handle.error().code() == ErrorCode::kStorageFull) {
    store->guard_.ReleaseReserve();
    handle = RocksHandle::Open(store->options_, OpenMode::kNormal);
  }
  if (!handle.ok() && handle.error().code() == ErrorCode::kStorageFull) {
    store->failed_.SetFailure(handle.error());
    handle = RocksHandle::Open(store->options_, OpenMode::kReadOnly);
  }
  if (!handle.ok()) return std::move(handle).error();
  store->handle_ = std::move(handle).value();
  if (!store->failed_.failure() && !store->options_.is_scratch) store->guard_.TakeReserve();
  return store;
}

RocksTableStore::RocksTableStore(RocksOptions options, DiskGuard guard)
    : options_(std::move(options)), guard_(std::move(guard)) {}

RocksTableStore::~RocksTableStore() {
  if (handle_ == nullptr) return;
  const Status closed = Close();
  if (!closed.ok()) {
    CONTEXTSYNC_LOG(kWarning, "closing the store failed", {{"reason", closed.error().message()}});
  }
}

Result<std::optional<std::string>> RocksTableStore::Get(TableId table, std::string_view key) const {
  const UseGate::Use use(gate_);
  if (handle_ == nullptr) return Closed();
  std::string value;
  const rocksdb::Status status = handle_->db().Get(rocksdb::ReadOptions(), handle_->table(table),
                                                   rocksdb::Slice(key.data(), key.size()), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return ErrorFrom(status, "reading");
  return std::optional<std::string>(std::move(value));
}

Status RocksTableStore::Scan(TableId table, const KeyRange& range, const Visitor& visit) const {
  const UseGate::Use use(gate_);
  if (handle_ == nullptr) return Closed();
  return VisitRange(handle_->db(), handle_->table(table), range, visit);
}

Status RocksTableStore::Write(const TableBatch& batch, Durability durability) {
  if (batch.empty()) return durability == Durability::kSynced ? Sync() : Status();
  CONTEXTSYNC_RETURN_IF_ERROR(PrepareWrite(BytesOf(batch)));
  const UseGate::Use use(gate_);
  if (handle_ == nullptr) return Closed();
  rocksdb::WriteBatch rows;
  CONTEXTSYNC_RETURN_IF_ERROR(Fill(rows, batch, *handle_));
  return WriteNow(rows, batch, durability);
}

Status RocksTableStore::Sync() {
  if (failed_.failure()) CONTEXTSYNC_RETURN_IF_ERROR(Heal());
  const UseGate::Use use(gate_);
  if (handle_ == nullptr) return Closed();
  // An empty batch, synced: it waits its turn among the writers. FlushWAL does not, and RocksDB
  // ends the process when it syncs a log whose write has just failed.
  rocksdb::WriteBatch nothing;
  Status status = WriteRows(*handle_, nothing, Durability::kSynced);
  // After a failed fsync the log's pages may be gone although a second fsync would succeed: never
  // repeat it.
  return status.ok() ? status : NoteFailure(std::move(status).error(), TableBatch());
}

Status RocksTableStore::Checkpoint(const std::string& directory) {
  const UseGate::Use use(gate_);
  if (handle_ == nullptr) return Closed();
  rocksdb::Checkpoint* raw = nullptr;
  const rocksdb::Status created = rocksdb::Checkpoint::Create(&handle_->db(), &raw);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(raw);
  CONTEXTSYNC_RETURN_IF_ERROR(StatusFrom(created, "copying the store"));
  CONTEXTSYNC_RETURN_IF_ERROR(
      StatusFrom(checkpoint->CreateCheckpoint(directory), "copying the store to " + directory));
  return MarkInitialized(directory);
}

Status RocksTableStore::Scrub() {
  const MutexLock turn(scrub_mu_);
  {
    const UseGate::Use use(gate_);
    if (handle_ == nullptr) return Closed();
    CONTEXTSYNC_RETURN_IF_ERROR(RewriteFiles(*handle_));
  }
  // The list of files names the first and last key of each one that ever was; opening begins it
  // anew.
  if (!gate_.Close(kReaderPatience))
    return Error(ErrorCode::kUnavailable, "the store is in use; its files are not clean yet");
  Status reopened = Reopen();
  gate_.Open();
  return reopened;
}

std::uint64_t RocksTableStore::ApproximateBytes() const {
  const UseGate::Use use(gate_);
  if (handle_ == nullptr) return 0;
  return Property(*handle_, rocksdb::DB::Properties::kTotalSstFilesSize) +
         Property(*handle_, rocksdb::DB::Properties::kCurSizeAllMemTables);
}

StoreHealth RocksTableStore::health() const {
  {
    const UseGate::Use use(gate_);
    if (handle_ == nullptr) return StoreHealth::kUnavailable;
  }
  const std::optional<Error> failure = failed_.failure();
  if (failure && failure->code() != ErrorCode::kStorageFull) return StoreHealth::kDegraded;
  return failure || !guard_.Admit(0).ok() ? StoreHealth::kStorageFull : StoreHealth::kNormal;
}

Status RocksTableStore::Close() {
  if (!gate_.Close(kReaderPatience)) {
    return Error(ErrorCode::kUnavailable, "the store is still in use");
  }
  Status status;
  is_closed_ = true;
  if (handle_ != nullptr) {
    if (!failed_.failure()) status = StatusFrom(handle_->db().FlushWAL(true), "syncing");
    PassFailpoint(Failpoint::kCloseSynced);
    Status closed = std::exchange(handle_, nullptr)->Close();
    PassFailpoint(Failpoint::kCloseDone);
    if (status.ok()) status = std::move(closed);
  }
  gate_.Open();
  return status;
}

Status RocksTableStore::PrepareWrite(std::uint64_t bytes) {
  CONTEXTSYNC_RETURN_IF_ERROR(guard_.Admit(bytes));
  return failed_.failure() ? Heal() : Status();
}

Status RocksTableStore::WriteNow(rocksdb::WriteBatch& rows, const TableBatch& batch,
                                 Durability durability) {
  // Another writer may have failed since PrepareWrite: RocksDB would refuse, with less clear words.
  if (std::optional<Error> failure = failed_.failure()) return *std::move(failure);
  Status status = WriteRows(*handle_, rows, durability);
  // Our own mistake (a bad argument) says nothing about the disk.
  if (status.ok() || status.error().code() == ErrorCode::kInvalidArgument) return status;
  return NoteFailure(std::move(status).error(), batch);
}

Error RocksTableStore::NoteFailure(Error error, const TableBatch& batch) {
  failed_.SetFailure(error);
  RememberRows(batch);
  CONTEXTSYNC_LOG(kWarning, "a write failed", {{"reason", error.message()}});
  return error;
}

/// The failed batch is not visible now, so reading its rows gives what was there before it.
void RocksTableStore::RememberRows(const TableBatch& batch) {
  for (const TableBatch::Operation& row : batch.operations()) {
    Result<std::optional<std::string>> before = Get(row.table, row.key);
    if (before.ok()) failed_.Remember({row.table, row.key}, std::move(before).value());
  }
}

Status RocksTableStore::Heal() {
  Error failure = failed_.failure().value_or(Closed());
  if (!failed_.MayRetry(kHealPause)) return failure;
  if (!gate_.Close(kReaderPatience)) return failure;
  // Whoever healed while this thread waited has left nothing to do.
  Status healed = failed_.failure() ? Reopen() : Status();
  gate_.Open();
  return healed;
}

/// Precondition: the gate is closed.
Status RocksTableStore::Reopen() {
  if (is_closed_) return Closed();
  guard_.ReleaseReserve();  // reopening needs space itself
  if (handle_ != nullptr) {
    std::exchange(handle_, nullptr)
        ->Close()
        .IgnoreBecause("it failed already; reopening is what tells whether the disk is well");
  }
  Result<std::unique_ptr<RocksHandle>> handle = RocksHandle::Open(options_, OpenMode::kExisting);
  if (!handle.ok()) {
    Error error = std::move(handle).error();
    Result<std::unique_ptr<RocksHandle>> reader = RocksHandle::Open(options_, OpenMode::kReadOnly);
    if (reader.ok()) handle_ = std::move(reader).value();
    failed_.SetFailure(error);
    return error;
  }
  handle_ = std::move(handle).value();
  CONTEXTSYNC_RETURN_IF_ERROR(TakeFailedWritesBack());
  failed_.Clear();
  guard_.TakeReserve();
  CONTEXTSYNC_LOG(kInfo, "the store is writable again");
  return {};
}

Status RocksTableStore::TakeFailedWritesBack() {
  const TableBatch batch = failed_.TakingBack();
  if (batch.empty()) return {};
  rocksdb::WriteBatch rows;
  CONTEXTSYNC_RETURN_IF_ERROR(Fill(rows, batch, *handle_));
  Status status = WriteRows(*handle_, rows, Durability::kSynced);
  if (!status.ok()) failed_.SetFailure(status.error());
  return status;
}

}  // namespace contextsync

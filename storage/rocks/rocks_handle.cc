#include "storage/rocks/rocks_handle.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "rocksdb/cache.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/table.h"

#include "core/base/failpoint.h"
#include "core/base/log.h"
#include "storage/rocks/durable_files.h"
#include "storage/rocks/posix_status.h"
#include "storage/rocks/rocks_log.h"
#include "storage/rocks/rocks_status.h"

namespace contextsync {
namespace {

constexpr std::uint64_t kMostLogBytes = 64 * limits::kMiB;  // then the oldest table is flushed
constexpr double kBloomBitsPerKey = 10;                     // about 1 % false positives
constexpr int kBackgroundJobs = 2;
constexpr std::size_t kKindBytes = 2;  // keys that begin alike are of one kind

std::string RecoverHint(const RocksOptions& options) {
  return "; nothing was changed, run `" + options.recover_command + "`";
}

std::string MarkerPath(const std::string& directory) {
  return directory + "/INITIALIZED";
}

bool Exists(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

/// A damaged log ends silently early in the other modes, or keeps a torn tail from opening at all.
rocksdb::WALRecoveryMode RecoveryModeOf(OpenMode mode) {
  return mode == OpenMode::kPointInTime ? rocksdb::WALRecoveryMode::kPointInTimeRecovery
                                        : rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
}

/// Opening failed: in words that say what to do.
Error OpenError(const rocksdb::Status& status, const RocksOptions& options) {
  Error error = ErrorFrom(status, "opening " + options.directory);
  const bool is_damage = status.IsCorruption() || status.IsInvalidArgument() ||
                         status.IsNotFound() || status.IsPathNotFound();
  if (!is_damage) return error;
  return {ErrorCode::kCorruption, error.message() + RecoverHint(options)};
}

/// RocksDB calls a missing manifest a failing disk, which waiting might mend.
bool IsManifestMissing(const RocksOptions& options) {
  constexpr std::uint64_t kMostBytes = 1024;
  const auto current = ReadWholeFile(options.directory + "/CURRENT", kMostBytes);
  if (!current.ok() || !current.value().ends_with('\n')) return false;
  const std::string name = current.value().substr(0, current.value().size() - 1);
  return name.starts_with("MANIFEST-") && !Exists(options.directory + "/" + name);
}

Status CheckNotVanished(const RocksOptions& options) {
  std::string what;
  if (!Exists(options.directory + "/CURRENT")) {
    what = " held a database that is gone (no CURRENT file)";
  } else if (IsManifestMissing(options)) {
    what = " held a database whose list of tables is gone (no MANIFEST file)";
  } else {
    return {};
  }
  return Error(ErrorCode::kCorruption, options.directory + what + RecoverHint(options));
}

/// A database of a newer build has tables this one does not know; opening would fail with less
/// clear words.
Status CheckTablesKnown(const RocksOptions& options, const rocksdb::DBOptions& db_options) {
  std::vector<std::string> present;
  if (!rocksdb::DB::ListColumnFamilies(db_options, options.directory, &present).ok()) return {};
  for (const std::string& name : present) {
    const bool is_known =
        name == rocksdb::kDefaultColumnFamilyName ||
        std::find(options.tables.begin(), options.tables.end(), name) != options.tables.end();
    if (!is_known) {
      return Error(ErrorCode::kInvalidArgument, options.directory +
                                                    " was written by a newer version (table " +
                                                    name + "); upgrade contextsync");
    }
  }
  return {};
}

rocksdb::ColumnFamilyOptions TableOptions(const RocksOptions& options) {
  rocksdb::BlockBasedTableOptions blocks;
  blocks.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  rocksdb::ColumnFamilyOptions table;
  table.write_buffer_size = options.write_buffer_bytes / 2;
  table.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
  // Most rows go right behind the last one of their kind, so remember where that was: it takes half
  // of the work out of a commit.
  table.memtable_insert_with_hint_prefix_extractor.reset(
      rocksdb::NewFixedPrefixTransform(kKindBytes));
  return table;
}

}  // namespace

rocksdb::DBOptions DatabaseOptions(const RocksOptions& options) {
  rocksdb::DBOptions db;
  if (options.env != nullptr) db.env = options.env;
  db.info_log = std::make_shared<RocksLog>();
  db.paranoid_checks = true;
  db.track_and_verify_wals_in_manifest = true;
  db.recycle_log_file_num = 0;  // a recycled log may end in records of its former life
  db.manual_wal_flush = false;
  db.wal_recovery_mode = RecoveryModeOf(OpenMode::kNormal);
  db.max_total_wal_size = kMostLogBytes;
  db.max_open_files = options.max_open_files;
  db.max_background_jobs = kBackgroundJobs;
  db.db_write_buffer_size = options.write_buffer_bytes;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.skip_stats_update_on_db_open = true;
  return db;
}

std::vector<rocksdb::ColumnFamilyDescriptor> TableDescriptors(const RocksOptions& options) {
  const rocksdb::ColumnFamilyOptions table = TableOptions(options);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  descriptors.reserve(options.tables.size() + 1);
  descriptors.emplace_back(rocksdb::kDefaultColumnFamilyName, table);
  for (const std::string& name : options.tables)
    descriptors.emplace_back(name, table);
  return descriptors;
}

Status MarkInitialized(const std::string& directory) {
  if (Exists(MarkerPath(directory))) return {};
  const Result<Descriptor> marker = OpenOwnFile(MarkerPath(directory));
  if (!marker.ok()) return marker.error();
  PassFailpoint(Failpoint::kStoreMarkerMade);
  return SyncDirectory(directory);
}

Result<std::unique_ptr<RocksHandle>> RocksHandle::Open(const RocksOptions& options, OpenMode mode) {
  rocksdb::DBOptions db_options = DatabaseOptions(options);
  const bool may_create = mode == OpenMode::kNormal && !Exists(MarkerPath(options.directory));
  db_options.create_if_missing = may_create;
  db_options.create_missing_column_families = mode != OpenMode::kReadOnly;
  db_options.wal_recovery_mode = RecoveryModeOf(mode);
  if (!may_create) CONTEXTSYNC_RETURN_IF_ERROR(CheckNotVanished(options));
  CONTEXTSYNC_RETURN_IF_ERROR(CheckTablesKnown(options, db_options));

  const bool is_new = may_create && !Exists(options.directory + "/CURRENT");
  std::unique_ptr<RocksHandle> handle(new RocksHandle());
  const rocksdb::Status status = is_new ? handle->CreateDatabase(db_options, options)
                                        : handle->OpenDatabase(db_options, options, mode);
  if (!status.ok()) return OpenError(status, options);
  if (mode == OpenMode::kNormal) CONTEXTSYNC_RETURN_IF_ERROR(MarkInitialized(options.directory));
  return handle;
}

rocksdb::Status RocksHandle::OpenDatabase(const rocksdb::DBOptions& db_options,
                                          const RocksOptions& options, OpenMode mode) {
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const auto descriptors = TableDescriptors(options);
  rocksdb::Status status =
      mode == OpenMode::kReadOnly
          ? rocksdb::DB::OpenForReadOnly(db_options, options.directory, descriptors, &handles, &db)
          : rocksdb::DB::Open(db_options, options.directory, descriptors, &handles, &db);
  if (!status.ok()) return status;
  db_.reset(db);
  default_ = handles.front();
  tables_.assign(handles.begin() + 1, handles.end());
  return status;
}

rocksdb::Status RocksHandle::CreateDatabase(const rocksdb::DBOptions& db_options,
                                            const RocksOptions& options) {
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  auto descriptors = TableDescriptors(options);
  rocksdb::Status status =
      rocksdb::DB::Open(db_options, options.directory, {descriptors.front()}, &handles, &db);
  if (!status.ok()) return status;
  db_.reset(db);
  default_ = handles.front();
  PassFailpoint(Failpoint::kStoreDatabaseMade);
  descriptors.erase(descriptors.begin());
  status = db_->CreateColumnFamilies(descriptors, &tables_);
  PassFailpoint(Failpoint::kStoreTablesMade);
  return status;
}

RocksHandle::~RocksHandle() {
  if (db_ == nullptr) return;
  const Status closed = Close();
  if (!closed.ok()) {
    CONTEXTSYNC_LOG(kWarning, "closing the store failed", {{"reason", closed.error().message()}});
  }
}

Status RocksHandle::Close() {
  for (rocksdb::ColumnFamilyHandle* table : tables_) {
    db_->DestroyColumnFamilyHandle(table).PermitUncheckedError();
  }
  db_->DestroyColumnFamilyHandle(default_).PermitUncheckedError();
  tables_.clear();
  const rocksdb::Status status = db_->Close();
  db_.reset();
  return StatusFrom(status, "closing");
}

}  // namespace contextsync

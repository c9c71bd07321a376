// RocksHandle: one open RocksDB with its column families, in the order of the table names.

#pragma once

#include <memory>
#include <vector>

#include "rocksdb/db.h"
#include "rocksdb/options.h"

#include "core/base/result.h"
#include "core/ports/table_store.h"
#include "storage/rocks/rocks_options.h"

namespace contextsync {

enum class OpenMode {
  kNormal,       // a damaged log is refused; creates the database unless it existed once
  kExisting,     // as kNormal, never creates
  kPointInTime,  // what stands before the first damage, for recovery alone
  kReadOnly,     // serves reads where a full disk lets nothing else be opened
};

class RocksHandle {
 public:
  /// Errors: kCorruption and kInvalidArgument carry what the user can do; kStorageFull when opening
  /// itself needs
  ///         more space than there is.
  static Result<std::unique_ptr<RocksHandle>> Open(const RocksOptions& options, OpenMode mode);

  /// Closes without looking; Close() is for those who want to know.
  ~RocksHandle();
  RocksHandle(const RocksHandle&) = delete;
  RocksHandle& operator=(const RocksHandle&) = delete;

  /// Nothing may be called afterwards.
  Status Close();

  [[nodiscard]] rocksdb::DB& db() const { return *db_; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* table(TableId id) const { return tables_.at(id); }
  [[nodiscard]] const std::vector<rocksdb::ColumnFamilyHandle*>& tables() const { return tables_; }

 private:
  RocksHandle() = default;

  rocksdb::Status OpenDatabase(const rocksdb::DBOptions& db_options, const RocksOptions& options,
                               OpenMode mode);

  /// Makes all tables together: while opening, RocksDB would write, sync and check its options file
  /// again for each one. What a crash leaves half made, the next opening completes.
  rocksdb::Status CreateDatabase(const rocksdb::DBOptions& db_options, const RocksOptions& options);

  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> tables_;  // by TableId
  rocksdb::ColumnFamilyHandle* default_ = nullptr;    // RocksDB insists on it; unused
};

/// The database and column family options every opening uses.
rocksdb::DBOptions DatabaseOptions(const RocksOptions& options);
std::vector<rocksdb::ColumnFamilyDescriptor> TableDescriptors(const RocksOptions& options);

/// Remembers durably that `directory` holds a database, so that a vanished one is never made anew,
/// empty.
Status MarkInitialized(const std::string& directory);

}  // namespace contextsync

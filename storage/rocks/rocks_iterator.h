// Iterating without a chance to forget the iterator's status: RocksDB ends a loop early and
// silently when it meets a damaged block.

#pragma once

#include "core/ports/table_store.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
}  // namespace rocksdb

namespace contextsync {

/// Visits the keys of `range` over one consistent view until `visit` returns false.
///
/// Errors: whatever the iterator met, also when the range looked complete.
Status VisitRange(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* table, const KeyRange& range,
                  const TableStore::Visitor& visit);

}  // namespace contextsync

#include "storage/rocks/rocks_iterator.h"

#include <memory>

#include "rocksdb/db.h"
#include "rocksdb/iterator.h"
#include "rocksdb/options.h"

#include "storage/rocks/rocks_status.h"

namespace contextsync {
namespace {

std::string_view View(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

}  // namespace

Status VisitRange(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* table, const KeyRange& range,
                  const TableStore::Visitor& visit) {
  if (!range.to.empty() && range.from >= range.to) return {};
  const rocksdb::Slice from(range.from);
  const rocksdb::Slice to(range.to);
  rocksdb::ReadOptions options;
  if (!range.from.empty()) options.iterate_lower_bound = &from;
  if (!range.to.empty()) options.iterate_upper_bound = &to;

  const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator(options, table));
  range.descending ? it->SeekToLast() : it->SeekToFirst();
  while (it->Valid() && visit(View(it->key()), View(it->value()))) {
    range.descending ? it->Prev() : it->Next();
  }
  return StatusFrom(it->status(), "scanning");
}

}  // namespace contextsync

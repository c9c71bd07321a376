#include "storage/memory/memory_table_store.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace contextsync {

/// Holds a table's current version, so that the next writer copies the table instead of changing
/// it.
class MemoryTableStore::View {
 public:
  View(const MemoryTableStore& store, TableId table) : store_(store) {
    const MutexLock lock(store_.mu_);
    table_ = store_.tables_.at(table);
  }
  ~View() {
    const MutexLock lock(store_.mu_);
    table_.reset();
  }
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  const Table& operator*() const { return *table_; }

 private:
  const MemoryTableStore& store_;
  std::shared_ptr<const Table> table_;
};

MemoryTableStore::MemoryTableStore(std::size_t table_count) {
  tables_.reserve(table_count);
  for (std::size_t i = 0; i < table_count; ++i)
    tables_.push_back(std::make_shared<Table>());
}

Result<std::optional<std::string>> MemoryTableStore::Get(TableId table,
                                                         std::string_view key) const {
  const MutexLock lock(mu_);
  const Table& rows = *tables_.at(table);
  const auto it = rows.find(key);
  if (it == rows.end()) return std::optional<std::string>();
  return std::optional<std::string>(it->second);
}

Status MemoryTableStore::Scan(TableId table, const KeyRange& range, const Visitor& visit) const {
  if (!range.to.empty() && range.from >= range.to) return {};
  const View view(*this, table);
  const Table& rows = *view;
  const auto begin = rows.lower_bound(range.from);
  const auto end = range.to.empty() ? rows.end() : rows.lower_bound(range.to);
  const auto wants_more = [&visit](const auto& row) { return visit(row.first, row.second); };
  if (range.descending) {
    static_cast<void>(std::all_of(std::make_reverse_iterator(end),
                                  std::make_reverse_iterator(begin), wants_more));
  } else {
    static_cast<void>(std::all_of(begin, end, wants_more));
  }
  return {};
}

Status MemoryTableStore::Write(const TableBatch& batch, Durability durability) {
  const MutexLock lock(mu_);
  if (std::optional<Error> error = NextFault(batch)) return *std::move(error);
  ghost_.reset();  // a log that goes on after a failed batch goes on without it
  Apply(batch);
  ++write_count_;
  if (durability == Durability::kSynced) unsynced_.clear();
  return {};
}

Status MemoryTableStore::Sync() {
  const MutexLock lock(mu_);
  if (broken_) return *broken_;
  unsynced_.clear();
  return {};
}

Status MemoryTableStore::Checkpoint(const std::string& /*directory*/) {
  return Error(ErrorCode::kUnavailable, "a store in memory has no files to copy");
}

std::uint64_t MemoryTableStore::ApproximateBytes() const {
  const MutexLock lock(mu_);
  return bytes_;
}

void MemoryTableStore::FailWrite(std::uint64_t k, Error error, FailedBatch failed_batch) {
  const MutexLock lock(mu_);
  planned_ = PlannedFault{k, std::move(error), failed_batch};
}

void MemoryTableStore::FailWrites(std::optional<Error> error) {
  const MutexLock lock(mu_);
  broken_ = std::move(error);
}

void MemoryTableStore::Crash(std::size_t kept_batches) {
  const MutexLock lock(mu_);
  const std::size_t kept = ghost_ ? unsynced_.size() : std::min(kept_batches, unsynced_.size());
  while (unsynced_.size() > kept) {
    TakeBack(unsynced_.back());
    unsynced_.pop_back();
  }
  if (ghost_) Apply(*std::exchange(ghost_, std::nullopt));
  unsynced_.clear();  // what a reopened store holds is on the disk
}

std::size_t MemoryTableStore::unsynced_batches() const {
  const MutexLock lock(mu_);
  return unsynced_.size();
}

std::uint64_t MemoryTableStore::write_count() const {
  const MutexLock lock(mu_);
  return write_count_;
}

std::optional<Error> MemoryTableStore::NextFault(const TableBatch& batch) {
  if (broken_) return broken_;
  if (!planned_ || --planned_->writes_until > 0) return std::nullopt;
  if (planned_->failed_batch == FailedBatch::kSurfaces) ghost_ = batch;
  return std::exchange(planned_, std::nullopt)->error;
}

void MemoryTableStore::Apply(const TableBatch& batch) {
  Undo undo;
  undo.reserve(batch.operations().size());
  for (const TableBatch::Operation& operation : batch.operations()) {
    undo.push_back({operation.table, operation.key, Exchange(operation)});
  }
  unsynced_.push_back(std::move(undo));
}

/// Puts or deletes one row and returns what was there.
std::optional<std::string> MemoryTableStore::Exchange(const TableBatch::Operation& operation) {
  Table& rows = Writable(operation.table);
  const auto it = rows.find(operation.key);
  std::optional<std::string> before;
  if (it != rows.end()) {
    bytes_ -= it->first.size() + it->second.size();
    before = std::move(it->second);
  }
  if (operation.value) {
    bytes_ += operation.key.size() + operation.value->size();
    rows[operation.key] = *operation.value;
  } else if (before) {
    rows.erase(it);
  }
  return before;
}

MemoryTableStore::Table& MemoryTableStore::Writable(TableId table) {
  std::shared_ptr<Table>& rows = tables_.at(table);
  if (rows.use_count() > 1) rows = std::make_shared<Table>(*rows);  // a scan still looks at it
  return *rows;
}

void MemoryTableStore::TakeBack(const Undo& undo) {
  for (auto it = undo.rbegin(); it != undo.rend(); ++it)
    Exchange(*it);
}

}  // namespace contextsync

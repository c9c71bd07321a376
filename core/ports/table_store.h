// TableStore: ordered key-value tables with atomic, optionally synced batches. The one storage port
// under notebook and hub; key and record codecs live with their owners in core, so the in-memory
// twin and RocksDB run the very same record code. Source: docs/decisions/0001-one-table-port.md

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace contextsync {

/// Index into the list of table names a store was opened with.
using TableId = std::uint8_t;

enum class Durability {
  kBuffered,  // survives the death of the process, not of the machine
  kSynced,    // fsynced when Write returns
};

/// Changes that happen all or not at all. Later operations on a key win over earlier ones.
class TableBatch {
 public:
  struct Operation {
    TableId table;
    std::string key;
    std::optional<std::string> value;  // nothing = delete
  };

  void Put(TableId table, std::string key, std::string value) {
    operations_.push_back({table, std::move(key), std::move(value)});
  }
  void Delete(TableId table, std::string key) {
    operations_.push_back({table, std::move(key), std::nullopt});
  }

  [[nodiscard]] const std::vector<Operation>& operations() const { return operations_; }
  [[nodiscard]] bool empty() const { return operations_.empty(); }

 private:
  std::vector<Operation> operations_;
};

/// Keys in [from, to) in byte order; an empty `to` means "to the end of the table".
struct KeyRange {
  std::string from;
  std::string to;
  bool descending = false;
};

/// The smallest text above every text that starts with `prefix`; empty when there is none.
std::string PrefixEnd(std::string_view prefix);

/// All keys that start with `prefix`.
inline KeyRange PrefixRange(std::string_view prefix) {
  return {std::string(prefix), PrefixEnd(prefix), false};
}

/// Thread-safety: any thread. A read sees every batch whose Write returned before it began.
class TableStore {
 public:
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;

  virtual ~TableStore() = default;

  /// Errors: kCorruption when the stored bytes are damaged, kUnavailable when the disk fails.
  virtual Result<std::optional<std::string>> Get(TableId table, std::string_view key) const = 0;

  /// Visits the keys of `range` over one consistent view until `visit` returns false. Damage is an
  /// error, never a shorter result. `visit` must not write to the store.
  virtual Status Scan(TableId table, const KeyRange& range, const Visitor& visit) const = 0;

  /// Errors: kStorageFull when the disk is (nearly) full, kUnavailable when it fails. After an
  /// error nothing of
  ///         the batch is visible, and nothing of it was acknowledged; it may still surface after a
  ///         crash.
  virtual Status Write(const TableBatch& batch, Durability durability) = 0;

  /// Makes every batch written so far durable.
  virtual Status Sync() = 0;

  /// Writes a consistent copy of the whole store into `directory`, which must not exist yet.
  virtual Status Checkpoint(const std::string& directory) = 0;

  /// What was overwritten or deleted before leaves the store's files too, its logs included. Reads
  /// and writes go on. Takes seconds for each gigabyte.
  virtual Status Scrub() { return {}; }

  /// Bytes the store occupies, roughly.
  [[nodiscard]] virtual std::uint64_t ApproximateBytes() const = 0;
};

}  // namespace contextsync

// TableReader, Overlay: reading tables with changes on top that are not written yet, so that a
// queued write sees the ones before it and a refused one vanishes without trace.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ports/table_store.h"

namespace contextsync {

/// The reading half of a TableStore.
class TableReader {
 public:
  virtual ~TableReader() = default;
  virtual Result<std::optional<std::string>> Get(TableId table, std::string_view key) const = 0;
  virtual Status Scan(TableId table, const KeyRange& range,
                      const TableStore::Visitor& visit) const = 0;
};

class StoreReader : public TableReader {
 public:
  explicit StoreReader(const TableStore& store) : store_(store) {}

  Result<std::optional<std::string>> Get(TableId table, std::string_view key) const override {
    return store_.Get(table, key);
  }
  Status Scan(TableId table, const KeyRange& range,
              const TableStore::Visitor& visit) const override {
    return store_.Scan(table, range, visit);
  }

 private:
  const TableStore& store_;
};

/// Thread-safety: none; belongs to the strand.
/// Lifetime: `below` must outlive it.
class Overlay : public TableReader {
 public:
  explicit Overlay(const TableReader& below) : below_(below) {}

  Result<std::optional<std::string>> Get(TableId table, std::string_view key) const override;

  /// `visit` may change the overlay only after the scan ended.
  Status Scan(TableId table, const KeyRange& range,
              const TableStore::Visitor& visit) const override;

  void Put(TableId table, std::string key, std::string value);
  void Delete(TableId table, std::string key);

  /// Takes over everything of `upper`, whose `below` is this overlay.
  void Absorb(Overlay&& upper);

  [[nodiscard]] bool empty() const { return changes_.empty(); }

  /// All changes as one batch, moved out.
  TableBatch TakeBatch();

 private:
  using Changes = std::map<std::string, std::optional<std::string>, std::less<>>;

  [[nodiscard]] const Changes* Find(TableId table) const;
  Status ScanMerged(TableId table, const KeyRange& range, const Changes& changes,
                    const TableStore::Visitor& visit) const;

  const TableReader& below_;
  std::map<TableId, Changes> changes_;
};

}  // namespace contextsync

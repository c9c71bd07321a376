// SimDisk: the memory store behind a switch. A process that dies in the middle of a write leaves it
// done or not done, and nothing it does afterwards counts.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/memory/memory_high_water_mark.h"
#include "storage/memory/memory_table_store.h"
#include "tests/simulation/universe.h"

namespace contextsync::simulation {

/// Everything on a disk, to be copied elsewhere.
struct DiskImage {
  std::vector<TableBatch> tables;  // one batch of puts per table
  std::optional<WaterMark> mark;
};

/// Thread-safety: one thread.
class SimDisk final : public TableStore, public HighWaterMark {
 public:
  SimDisk(Universe& universe, std::size_t table_count)
      : universe_(universe), table_count_(table_count), tables_(MakeTables()) {}

  Result<std::optional<std::string>> Get(TableId table, std::string_view key) const override;
  Status Scan(TableId table, const KeyRange& range, const Visitor& visit) const override;
  Status Write(const TableBatch& batch, Durability durability) override;
  Status Sync() override;  // of both
  Status Checkpoint(const std::string& directory) override;
  [[nodiscard]] std::uint64_t ApproximateBytes() const override;

  std::optional<WaterMark> Load() const override;
  Status Store(const WaterMark& mark) override;

  // ── faults ──

  /// The owner dies at the `writes`-th write from now, and `died` is called there.
  void DieAtWrite(std::uint64_t writes, std::function<void()> died);

  /// The owner is dead: nothing is written any more, until Restart.
  void Freeze() { is_frozen_ = true; }
  [[nodiscard]] bool is_frozen() const { return is_frozen_; }

  /// The next process opens the disk. After a power cut some of what was not synced is gone.
  void Restart(bool after_power_cut);

  void FailNextWrite();
  void SetFull(bool is_full);

  /// Nothing that was planned happens any more.
  void EndFaults();

  [[nodiscard]] DiskImage Copy() const;
  void Replace(const DiskImage& image);

 private:
  [[nodiscard]] std::unique_ptr<MemoryTableStore> MakeTables() const {
    return std::make_unique<MemoryTableStore>(table_count_);
  }
  static Error Dead() { return {ErrorCode::kUnavailable, "the process is dead"}; }

  Universe& universe_;
  const std::size_t table_count_;
  std::unique_ptr<MemoryTableStore> tables_;
  MemoryHighWaterMark mark_;
  bool is_frozen_ = false;
  std::uint64_t writes_to_live_ = 0;  // 0: no end planned
  std::function<void()> died_;
};

}  // namespace contextsync::simulation

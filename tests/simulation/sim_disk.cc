#include "tests/simulation/sim_disk.h"

#include <utility>

#include "core/base/check.h"

namespace contextsync::simulation {

Result<std::optional<std::string>> SimDisk::Get(TableId table, std::string_view key) const {
  return tables_->Get(table, key);
}

Status SimDisk::Scan(TableId table, const KeyRange& range, const Visitor& visit) const {
  return tables_->Scan(table, range, visit);
}

Status SimDisk::Write(const TableBatch& batch, Durability durability) {
  if (is_frozen_) return Dead();
  if (writes_to_live_ == 0 || --writes_to_live_ > 0) return tables_->Write(batch, durability);
  const bool is_done = universe_.chance.Percent(50);
  if (is_done) CONTEXTSYNC_RETURN_IF_ERROR(tables_->Write(batch, durability));
  is_frozen_ = true;
  if (auto died = std::exchange(died_, nullptr)) died();
  return is_done ? Status() : Status(Dead());
}

Status SimDisk::Sync() {
  if (is_frozen_) return Dead();
  CONTEXTSYNC_RETURN_IF_ERROR(tables_->Sync());
  return mark_.Sync();
}

Status SimDisk::Checkpoint(const std::string& directory) {
  return tables_->Checkpoint(directory);
}

std::uint64_t SimDisk::ApproximateBytes() const {
  return tables_->ApproximateBytes();
}

std::optional<WaterMark> SimDisk::Load() const {
  return mark_.Load();
}

Status SimDisk::Store(const WaterMark& mark) {
  return is_frozen_ ? Status(Dead()) : mark_.Store(mark);
}

void SimDisk::DieAtWrite(std::uint64_t writes, std::function<void()> died) {
  writes_to_live_ = writes;
  died_ = std::move(died);
}

void SimDisk::Restart(bool after_power_cut) {
  is_frozen_ = false;
  writes_to_live_ = 0;
  died_ = nullptr;
  if (!after_power_cut) return;
  tables_->Crash(universe_.chance.Below(tables_->unsynced_batches() + 1));
  mark_.Crash();
}

void SimDisk::FailNextWrite() {
  const auto fate = universe_.chance.Percent(50) ? FailedBatch::kGone : FailedBatch::kSurfaces;
  tables_->FailWrite(1, Error(ErrorCode::kUnavailable, "the disk fails"), fate);
}

void SimDisk::SetFull(bool is_full) {
  using Fault = std::optional<Error>;
  tables_->FailWrites(is_full ? Fault(Error(ErrorCode::kStorageFull, "the disk is full"))
                              : Fault());
}

void SimDisk::EndFaults() {
  SetFull(false);
  writes_to_live_ = 0;
  died_ = nullptr;
  tables_->FailWrite(0, Error(ErrorCode::kUnavailable, ""));  // a plan that never comes true
}

DiskImage SimDisk::Copy() const {
  DiskImage image;
  for (std::size_t table = 0; table < table_count_; ++table) {
    TableBatch& rows = image.tables.emplace_back();
    const auto id = static_cast<TableId>(table);
    const Status read = tables_->Scan(id, {}, [&](std::string_view key, std::string_view value) {
      rows.Put(id, std::string(key), std::string(value));
      return true;
    });
    CONTEXTSYNC_CHECK(read.ok());
  }
  image.mark = mark_.Load();
  return image;
}

void SimDisk::Replace(const DiskImage& image) {
  tables_ = MakeTables();
  for (const TableBatch& rows : image.tables)
    CONTEXTSYNC_CHECK(tables_->Write(rows, Durability::kSynced).ok());
  mark_.Tear();
  if (image.mark) CONTEXTSYNC_CHECK(mark_.Store(*image.mark).ok() && mark_.Sync().ok());
}

}  // namespace contextsync::simulation

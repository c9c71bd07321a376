#include "storage/memory/memory_high_water_mark.h"

#include <utility>

namespace contextsync {

std::optional<WaterMark> MemoryHighWaterMark::Load() const {
  const MutexLock lock(mu_);
  return current_;
}

Status MemoryHighWaterMark::Store(const WaterMark& mark) {
  const MutexLock lock(mu_);
  if (broken_) return *broken_;
  current_ = mark;
  return {};
}

Status MemoryHighWaterMark::Sync() {
  const MutexLock lock(mu_);
  if (broken_) return *broken_;
  synced_ = current_;
  return {};
}

void MemoryHighWaterMark::Crash() {
  const MutexLock lock(mu_);
  current_ = synced_;
}

void MemoryHighWaterMark::Tear() {
  const MutexLock lock(mu_);
  current_.reset();
  synced_.reset();
}

void MemoryHighWaterMark::Fail(std::optional<Error> error) {
  const MutexLock lock(mu_);
  broken_ = std::move(error);
}

}  // namespace contextsync

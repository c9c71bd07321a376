#include "storage/rocks/failed_writes.h"

namespace contextsync {

std::optional<Error> FailedWrites::failure() const {
  const MutexLock lock(mu_);
  return failure_;
}

void FailedWrites::SetFailure(Error error) {
  const MutexLock lock(mu_);
  failure_ = std::move(error);
}

void FailedWrites::Remember(Row row, std::optional<std::string> value) {
  const MutexLock lock(mu_);
  rows_.insert({std::move(row), std::move(value)});
}

TableBatch FailedWrites::TakingBack() const {
  const MutexLock lock(mu_);
  TableBatch batch;
  for (const auto& [row, value] : rows_) {
    value ? batch.Put(row.first, row.second, *value) : batch.Delete(row.first, row.second);
  }
  return batch;
}

bool FailedWrites::MayRetry(std::chrono::milliseconds pause) {
  const auto now = std::chrono::steady_clock::now();
  const MutexLock lock(mu_);
  if (now < next_try_) return false;
  next_try_ = now + pause;
  return true;
}

void FailedWrites::Clear() {
  const MutexLock lock(mu_);
  failure_.reset();
  rows_.clear();
}

}  // namespace contextsync

// FailedWrites: what must be taken back when a store is reopened after a failed write. The disk may
// have had the batch after all, and a batch that was refused must not show up later in the same
// process: the writer has gone on with the same entry number by then.

#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/base/mutex.h"
#include "core/ports/table_store.h"

namespace contextsync {

/// Thread-safety: any thread.
class FailedWrites {
 public:
  using Row = std::pair<TableId, std::string>;

  /// The last failure; nothing while the store is healthy.
  [[nodiscard]] std::optional<Error> failure() const;

  void SetFailure(Error error);

  /// Notes the value `row` had before the failed batch. The first note wins: no write succeeds in
  /// between.
  void Remember(Row row, std::optional<std::string> value);

  /// All remembered rows with the values they had.
  [[nodiscard]] TableBatch TakingBack() const;

  /// True at most once per `pause`: reopening is not free, and writers ask often.
  bool MayRetry(std::chrono::milliseconds pause);

  /// The store is healthy again.
  void Clear();

 private:
  mutable Mutex mu_;
  std::optional<Error> failure_ GUARDED_BY(mu_);
  std::map<Row, std::optional<std::string>> rows_ GUARDED_BY(mu_);
  std::chrono::steady_clock::time_point next_try_ GUARDED_BY(mu_);
};

}  // namespace contextsync

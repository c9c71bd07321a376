// MemoryHighWaterMark: the twin of FileHighWaterMark for tests and the simulator.

#pragma once

#include <optional>

#include "core/base/mutex.h"
#include "core/ports/high_water_mark.h"

namespace contextsync {

class MemoryHighWaterMark final : public HighWaterMark {
 public:
  std::optional<WaterMark> Load() const override;
  Status Store(const WaterMark& mark) override;
  Status Sync() override;

  // ── faults ──

  /// Cuts the power: the mark goes back to the last synced one.
  void Crash();

  /// The mark is lost, as a torn one is.
  void Tear();

  /// Every Store and Sync fails with `error` from now on; nothing ends that.
  void Fail(std::optional<Error> error);

 private:
  mutable Mutex mu_;
  std::optional<WaterMark> current_ GUARDED_BY(mu_);
  std::optional<WaterMark> synced_ GUARDED_BY(mu_);
  std::optional<Error> broken_ GUARDED_BY(mu_);
};

}  // namespace contextsync

// HighWaterMark: evidence outside the database of how far it had come, because a database whose log
// was emptied opens without complaint. Source: docs/storage_format.md#high-water-mark

#pragma once

#include <optional>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/document/stamp.h"

namespace contextsync {

struct WaterMark {
  EntryNumber next_n;
  Hlc hlc;
  HubSequence cursor;

  friend bool operator==(const WaterMark&, const WaterMark&) = default;
};

/// Thread-safety: any thread; serialised inside.
class HighWaterMark {
 public:
  virtual ~HighWaterMark() = default;

  /// The last mark that reached the file; nothing when there is none or it is torn.
  virtual std::optional<WaterMark> Load() const = 0;

  /// Overwrites the mark. Survives the death of the process at once, of the machine after `Sync`.
  virtual Status Store(const WaterMark& mark) = 0;

  virtual Status Sync() = 0;
};

}  // namespace contextsync

// Hlc and Stamp: the total order of all writes. Source: docs/sync_protocol.md#clock

#pragma once

#include <compare>
#include <cstdint>

#include "core/base/ids.h"
#include "core/base/timestamp.h"

namespace contextsync {

/// Hybrid logical clock reading: 48-bit milliseconds since 1970, then a 16-bit counter.
struct Hlc {
  std::uint64_t value = 0;

  friend constexpr auto operator<=>(Hlc, Hlc) = default;
  [[nodiscard]] constexpr UnixMillis millis() const {
    return static_cast<UnixMillis>(value >> 16U);
  }
  static constexpr Hlc FromMillis(UnixMillis ms) {
    return Hlc{static_cast<std::uint64_t>(ms) << 16U};
  }
};

/// When and by whom a cell component was written. Lexicographic; zero is "never".
/// All stamps of one journal entry share (hlc, device), so entries are contiguous blocks in the
/// order.
struct Stamp {
  Hlc hlc;
  DeviceId device;
  std::uint32_t index = 0;

  friend constexpr auto operator<=>(const Stamp&, const Stamp&) = default;
  [[nodiscard]] constexpr bool IsNever() const {
    return hlc.value == 0 && device.value == 0 && index == 0;
  }
};

}  // namespace contextsync

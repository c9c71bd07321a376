// HubWord: how far the hub's feed went at one moment, as the hub itself said.

#pragma once

#include <chrono>

#include "core/base/ids.h"

namespace contextsync {

/// What was numbered in `epoch` before `at` is at or below `head`. `at` is a boot time of this
/// machine: when the hub spoke, or before, never when its word arrived.
struct HubWord {
  std::chrono::milliseconds at{};
  Epoch epoch;
  HubSequence head;

  /// Whether a notebook at this place holds all of it.
  [[nodiscard]] bool IsMetBy(const Epoch& its_epoch, HubSequence cursor) const {
    return !epoch.empty() && its_epoch == epoch && cursor >= head;
  }
};

}  // namespace contextsync

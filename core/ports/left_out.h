// LeftOut: what the hub did not number of an entry, kept in the record of the conflict. Source:
// docs/sync_protocol.md#conflicts

#pragma once

#include <memory>
#include <utility>

#include "core/document/state.h"

namespace contextsync {

/// A delta that is shared by its copies, because records are copied often and rarely changed.
class LeftOut {
 public:
  LeftOut() = default;
  explicit LeftOut(Delta delta) {
    if (!delta.cells.empty()) delta_ = std::make_shared<const Delta>(std::move(delta));
  }

  [[nodiscard]] bool empty() const { return delta_ == nullptr; }

  /// Without cells when nothing was left out.
  [[nodiscard]] const Delta& delta() const {
    static const Delta kNothing;
    return delta_ == nullptr ? kNothing : *delta_;
  }

  friend bool operator==(const LeftOut& left, const LeftOut& right) {
    return left.delta_ == right.delta_ || left.delta() == right.delta();
  }

 private:
  std::shared_ptr<const Delta> delta_;  // nullptr: nothing
};

}  // namespace contextsync

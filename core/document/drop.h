// Drop: taking a component out of a state that nobody needs any more. A join can only raise, so
// collected components are named one by one and taken out by every replica at the same place in the
// feed. Source: docs/sync_protocol.md#collection

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/document/state.h"

namespace contextsync {

/// Which part of a cell or element. The numbers are stored; do not change them.
enum class Component : std::uint8_t { kHead = 0, kClr = 1, kFirst = 2, kLast = 3, kRm = 4 };

/// "Take this component out if it equals exactly this stamp."
struct Drop {
  std::string path;
  Component component = Component::kHead;
  std::string key;  // of the element, for kFirst, kLast and kRm; else empty
  Stamp stamp;

  friend bool operator==(const Drop&, const Drop&) = default;
};

/// Takes out what is named and still is what it was. An element that keeps a first addition alone
/// stands at it. Idempotent. Cells and elements that hold
/// nothing any more go too.
void ApplyDrops(State& state, const std::vector<Drop>& drops);

/// Every component of `state`: what ApplyDrops needs to take all of it out of another.
std::vector<Drop> DropsOf(const State& state);

/// The stored form: count; then for each path, component, key, clock, device, index.
std::string EncodeDrops(const std::vector<Drop>& drops);

/// Errors: kCorruption for anything EncodeDrops does not write.
Result<std::vector<Drop>> DecodeDrops(std::string_view bytes);

}  // namespace contextsync

// Outcome<T, E>: a value or a typed failure, where an Error's code and message say too little.

#pragma once

#include <utility>
#include <variant>

#include "core/base/check.h"

namespace contextsync {

/// Either a T or an E; never empty.
template <typename T, typename E>
class [[nodiscard]] Outcome {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): `return value;` must stay terse.
  Outcome(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): `return failure;` must stay terse.
  Outcome(E failure) : state_(std::in_place_index<1>, std::move(failure)) {}

  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }

  /// Precondition: ok().
  [[nodiscard]] const T& value() const& {
    CONTEXTSYNC_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T& value() & {
    CONTEXTSYNC_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T value() && {
    CONTEXTSYNC_CHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }

  /// Precondition: !ok().
  [[nodiscard]] const E& failure() const& {
    CONTEXTSYNC_CHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  [[nodiscard]] E failure() && {
    CONTEXTSYNC_CHECK(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, E> state_;
};

}  // namespace contextsync

// Result<T> and Status: either a value or an Error, never empty, and never silently ignored.

#pragma once

#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/base/check.h"
#include "core/base/error.h"
#include "core/base/outcome.h"

namespace contextsync {

/// Either a T or an Error; never empty, never throws. `value()` has the precondition `ok()`,
/// checked in every build.
template <typename T = void>
class [[nodiscard]] Result : public Outcome<T, Error> {
  static_assert(!std::is_reference_v<T> && !std::is_same_v<T, Error>);

 public:
  using Outcome<T, Error>::Outcome;

  // Precondition: !ok().
  [[nodiscard]] const Error& error() const& { return this->failure(); }
  [[nodiscard]] Error error() && { return std::move(*this).failure(); }
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): `return value;` must stay terse.
  Result(Error error) : error_(std::move(error)) {}

  [[nodiscard]] bool ok() const noexcept { return !error_.has_value(); }
  [[nodiscard]] const Error& error() const& {
    CONTEXTSYNC_CHECK(error_.has_value());
    return *error_;
  }
  [[nodiscard]] Error error() && {
    CONTEXTSYNC_CHECK(error_.has_value());
    return std::move(*error_);
  }

  /// Drops the outcome on purpose; the reason stands at the call.
  void IgnoreBecause(std::string_view /*reason*/) && {}

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace contextsync

#define CONTEXTSYNC_CAT_(a, b) a##b
#define CONTEXTSYNC_CAT(a, b) CONTEXTSYNC_CAT_(a, b)

#define CONTEXTSYNC_RETURN_IF_ERROR(expr)                            \
  do {                                                               \
    if (auto st_ = (expr); !st_.ok()) return std::move(st_).error(); \
  } while (false)

#define CONTEXTSYNC_ASSIGN_OR_RETURN(lhs, expr) \
  CONTEXTSYNC_AOR_(CONTEXTSYNC_CAT(res_, __LINE__), lhs, expr)
#define CONTEXTSYNC_AOR_(tmp, lhs, expr)        \
  auto tmp = (expr);                            \
  if (!tmp.ok()) return std::move(tmp).error(); \
  lhs = std::move(tmp).value()

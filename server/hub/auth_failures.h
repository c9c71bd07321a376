// AuthFailures: counts wrong tokens per address, so that guessing is answered 429 instead of one
// more try.

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/ports/clock.h"

namespace contextsync {

/// Fixed windows of one minute. Bounded: when kMaxAddresses are counted at once, all others share
/// one count.
///
/// Thread-safety: none; used on the io thread.
class AuthFailures {
 public:
  static constexpr std::size_t kMaxAddresses = 4096;

  AuthFailures(const Clock& clock, std::size_t per_minute)
      : clock_(clock), per_minute_(per_minute) {}

  /// Counts one wrong token. Returns how long the address should wait when it is above the rate.
  std::optional<std::chrono::seconds> Note(const std::string& address);

 private:
  struct Window {
    Clock::Instant begin;
    std::size_t count = 0;
  };

  Window& WindowOf(const std::string& address, Clock::Instant now);
  void DropOld(Clock::Instant now);

  const Clock& clock_;
  const std::size_t per_minute_;
  std::unordered_map<std::string, Window> windows_;
};

}  // namespace contextsync

#include "tests/simulation/universe.h"

#include <cstdio>

namespace contextsync::simulation {

namespace {

constexpr UnixMillis kBeginning = 1'700'000'000'000;

}  // namespace

UnixMillis Universe::true_millis() const {
  return kBeginning +
         std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch()).count();
}

void Universe::At(Instant when, std::function<void()> what) {
  events_.push({std::max(when, now_), order_++, std::move(what)});
}

void Universe::RunUntil(Instant end) {
  while (!events_.empty() && events_.top().when <= end) {
    const Event next = events_.top();
    events_.pop();
    now_ = next.when;
    Mix(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
    next.what();
  }
  now_ = std::max(now_, end);
}

void Universe::Trace(const std::string& line) {
  const double seconds =
      std::chrono::duration<double>(now_ - Instant(std::chrono::hours(100))).count();
  static_cast<void>(std::printf("%10.4f  %s\n", seconds, line.c_str()));
}

void Universe::Fail(const std::string& what) {
  SIMULATION_TRACE(*this, "FAILED: " + what);
  failures_.push_back(what);
}

void Universe::Mix(std::uint64_t value) {
  digest_ = (digest_ ^ value) * 0x100000001B3U + (digest_ >> 29U);
}

std::chrono::milliseconds SimClock::BootTime() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(universe_.now().time_since_epoch());
}

}  // namespace contextsync::simulation

#include "server/app/system_clock.h"

#include <sys/random.h>
#include <time.h>

#include <utility>

#include "core/base/check.h"

namespace contextsync {

UnixMillis SystemClock::WallMillis() const {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
}

Clock::Instant SystemClock::Now() const {
  return std::chrono::steady_clock::now();
}

std::chrono::milliseconds SystemClock::BootTime() const {
  timespec time{};
  CONTEXTSYNC_CHECK(clock_gettime(CLOCK_BOOTTIME, &time) == 0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

std::uint64_t SystemRandom::Next() {
  const MutexLock lock(mu_);
  if (used_ == kWords) {
    // Up to 256 bytes the call is never short and never interrupted once the pool is seeded
    // (getrandom(2)).
    const auto got = getrandom(words_.data(), sizeof(words_), 0);
    CONTEXTSYNC_CHECK(std::cmp_equal(got, sizeof(words_)));
    used_ = 0;
  }
  // Handed out once: a later look into memory does not show it.
  return std::exchange(words_[used_++], 0);
}

}  // namespace contextsync

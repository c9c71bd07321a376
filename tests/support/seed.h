// The seed of a random test: CONTEXTSYNC_SEED, or one from the machine; printed so that a failure
// can be replayed.

#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace contextsync {

inline std::uint64_t TestSeed() {
  const char* given = std::getenv("CONTEXTSYNC_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  static_cast<void>(std::printf("CONTEXTSYNC_SEED=%llu\n", static_cast<unsigned long long>(seed)));
  return seed;
}

}  // namespace contextsync

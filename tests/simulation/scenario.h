// Scenario: one run of everything that can go wrong, decided by a seed; then everything works
// again, and every promise is looked for.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace contextsync::simulation {

struct RunResult {
  std::vector<std::string> failures;
  std::uint64_t digest = 0;  // equal seeds have equal digests
  std::size_t promised = 0;
  std::size_t numbered = 0;

  [[nodiscard]] bool ok() const { return failures.empty(); }
};

/// With `is_traced` every event is printed.
RunResult RunSeed(std::uint64_t seed, bool is_traced);

}  // namespace contextsync::simulation

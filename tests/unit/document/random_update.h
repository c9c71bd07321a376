// Random updates over a small world of keys and values, so that writers meet on the same paths
// often.

#pragma once

#include <random>

#include "core/document/compile.h"

namespace contextsync {

class RandomUpdates {
 public:
  explicit RandomUpdates(std::uint64_t seed) : random_(seed) {}

  /// Data with nested objects, lists, scalars and deletions.
  Json Object(int depth);

  /// Any update: now and then with operators, a strategy, or the deletion of the context.
  Update Any(const Json& seen);

  std::uint64_t Below(std::uint64_t bound) { return random_() % bound; }
  bool OneIn(std::uint64_t chances) { return Below(chances) == 0; }

 private:
  Json Value(int depth);
  Json Scalar();
  Json List();
  std::string Key(int depth);

  std::mt19937_64 random_;
};

}  // namespace contextsync

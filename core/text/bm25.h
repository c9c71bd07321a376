// BM25: how well a context answers a query: rare words count more than common ones, a word that
// occurs often more than once, and in a short context more than in a long one.

#pragma once

#include <cmath>
#include <cstdint>

namespace contextsync {

/// Of a word that `holding` of `contexts` contexts hold. Always above zero.
inline double Rarity(std::uint64_t contexts, std::uint64_t holding) {
  const auto all = static_cast<double>(contexts);
  const auto with = static_cast<double>(holding);
  return std::log(1.0 + (all - with + 0.5) / (with + 0.5));
}

/// What one word adds to the score of a context of `length` words, in which it occurs `count`
/// times. `average` is the mean length of all contexts.
inline double WordScore(double rarity, std::uint64_t count, std::uint64_t length, double average) {
  constexpr double kSaturation = 1.2;  // the usual values
  constexpr double kLengthWeight = 0.75;
  const auto times = static_cast<double>(count);
  const double relative = average > 0 ? static_cast<double>(length) / average : 1.0;
  const double dampened = times + kSaturation * (1.0 - kLengthWeight + kLengthWeight * relative);
  return rarity * times * (kSaturation + 1.0) / dampened;
}

}  // namespace contextsync

// Made-up secrets of every kind, and texts that only look like secrets. Nothing here was ever
// valid; the literals are split so that no scanner takes this repository's fakes for real ones.

#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace contextsync::test {

struct Fake {
  std::string kind;
  std::string text;  // a secret with nothing around it
};

/// One fake of each kind and form.
std::vector<Fake> MakeFakes(std::mt19937_64& random);

/// Texts without a secret.
std::vector<std::string> LookAlikes(std::mt19937_64& random);

/// `length` characters of `alphabet`.
std::string Draw(std::mt19937_64& random, std::string_view alphabet, std::size_t length);

}  // namespace contextsync::test

#include "core/base/uuid.h"

#include <array>

#include <openssl/sha.h>

#include "core/base/hex.h"

namespace contextsync {

namespace {

// Random, fixed for ever: changing it would make repeated log entries look new.
constexpr std::string_view kNamespace =
    "\x6b\x0f\x5c\x1e\x93\x2d\x4a\x77\xb1\x58\x0e\xd4\x3c\x9a\x21\xf6";

std::string Format(std::uint64_t high, std::uint64_t low) {
  std::string hex = ToHex16(high) + ToHex16(low);
  for (const std::size_t at : {8U, 13U, 18U, 23U})
    hex.insert(at, 1, '-');
  return hex;
}

std::uint64_t SetVersion(std::uint64_t high, std::uint64_t version) {
  return (high & ~std::uint64_t{0xF000}) | (version << 12U);
}

std::uint64_t SetVariant(std::uint64_t low) {
  return (low & (~std::uint64_t{0} >> 2U)) | (std::uint64_t{2} << 62U);
}

std::uint64_t BigEndian(const unsigned char* bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i)
    value = (value << 8U) | bytes[i];
  return value;
}

}  // namespace

std::string MakeUuidV7(std::uint64_t millis, std::uint64_t random_high, std::uint64_t random_low) {
  return Format(SetVersion((millis << 16U) | (random_high & 0xFFFU), 7), SetVariant(random_low));
}

std::string MakeUuidV5(std::string_view name) {
  std::string input(kNamespace);
  input.append(name);
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(input.data()), input.size(), digest.data());
  return Format(SetVersion(BigEndian(digest.data()), 5), SetVariant(BigEndian(digest.data() + 8)));
}

std::string UuidV7After(std::string_view uuid, std::uint64_t random_high,
                        std::uint64_t random_low) {
  // The first twelve digits, with a dash after the eighth, are the milliseconds.
  const std::string digits =
      "0000" + std::string(uuid.substr(0, 8)) + std::string(uuid.substr(9, 4));
  const std::uint64_t millis = FromHex16(digits).value_or(0);
  return MakeUuidV7(millis + 1, random_high, random_low);
}

}  // namespace contextsync

#include "core/base/hash.h"

#include <openssl/evp.h>

#include "core/base/check.h"
#include "core/base/hex.h"

namespace contextsync {

namespace {

std::string_view Prefix(const Sha256Digest& digest, std::size_t bytes) {
  return {reinterpret_cast<const char*>(digest.data()), bytes};
}

constexpr std::array<std::uint32_t, 256> MakeCrcTable() {
  constexpr std::uint32_t kReversedPolynomial = 0xEDB88320U;
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 1U) != 0 ? (crc >> 1U) ^ kReversedPolynomial : crc >> 1U;
    }
    table[i] = crc;
  }
  return table;
}

}  // namespace

Sha256Digest Sha256(std::string_view bytes) {
  // Fetched once: OpenSSL's one-shot call looks the algorithm up by its name every time.
  static EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  Sha256Digest digest{};
  const int done =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, kAlgorithm, nullptr);
  CONTEXTSYNC_CHECK(done == 1);
  return digest;
}

std::string Sha256Hex(std::string_view bytes) {
  return ToHex(Prefix(Sha256(bytes), 32));
}

std::string ShortHash(std::string_view bytes) {
  return ToHex(Prefix(Sha256(bytes), 8));
}

std::uint32_t Crc32(std::string_view bytes) {
  static constexpr auto kTable = MakeCrcTable();
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : bytes) {
    crc = kTable[(crc ^ static_cast<std::uint8_t>(c)) & 0xFFU] ^ (crc >> 8U);
  }
  return crc ^ 0xFFFFFFFFU;
}

}  // namespace contextsync

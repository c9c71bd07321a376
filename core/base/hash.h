// SHA-256 and its text forms.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace contextsync {

using Sha256Digest = std::array<std::uint8_t, 32>;

/// SHA-256 of `bytes` (FIPS 180-4). Never fails.
Sha256Digest Sha256(std::string_view bytes);

/// The digest as 64 lower-case hex digits.
std::string Sha256Hex(std::string_view bytes);

/// The first 8 bytes of the digest as 16 lower-case hex digits.
std::string ShortHash(std::string_view bytes);

/// CRC-32 (IEEE 802.3) for small files that must notice a torn write.
std::uint32_t Crc32(std::string_view bytes);

}  // namespace contextsync

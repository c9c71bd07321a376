#include "core/document/element_key.h"

#include <charconv>
#include <limits>

#include "core/base/hash.h"
#include "core/base/hex.h"
#include "core/document/mutant.h"

namespace contextsync {
namespace {

constexpr std::size_t kHexDigits = 16;

// A number without sign, space or leading zero that fills the whole text.
std::optional<std::uint32_t> ReadDecimal32(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = error == std::errc{} && end == text.data() + text.size() && !text.empty();
  if (!is_whole || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  return value;
}

std::string LogKeyPrefix(const Stamp& stamp) {
  return ToHex16(stamp.hlc.value) + "." + ToHex16(stamp.device.value) + "." +
         std::to_string(stamp.index) + ".";
}

}  // namespace

std::string ValueKey(std::string_view bytes, std::uint32_t occurrence) {
  std::string key;
  key.reserve(bytes.size() + 4);
  key.append(bytes).append(1, '#').append(std::to_string(occurrence));
  return key;
}

std::string LogKey(const Stamp& stamp, std::string_view bytes) {
  if (MutantActive(Mutant::kLogKeyWithoutHash))
    return LogKeyPrefix(stamp) + std::string(kHexDigits, '0');
  return LogKeyPrefix(stamp) + ShortHash(bytes);
}

std::optional<Stamp> LogKeyStamp(std::string_view key) {
  constexpr std::size_t kIndexAt = 2 * kHexDigits + 2;
  if (key.size() < kIndexAt + 1 + 1 + kHexDigits) return std::nullopt;
  const std::size_t hash_at = key.size() - kHexDigits;
  if (key[kHexDigits] != '.' || key[kIndexAt - 1] != '.' || key[hash_at - 1] != '.')
    return std::nullopt;
  const auto hlc = FromHex16(key.substr(0, kHexDigits));
  const auto device = FromHex16(key.substr(kHexDigits + 1, kHexDigits));
  if (hash_at - 1 < kIndexAt) return std::nullopt;
  const auto index = ReadDecimal32(key.substr(kIndexAt, hash_at - 1 - kIndexAt));
  if (!hlc || !device || !index || !FromHex16(key.substr(hash_at))) return std::nullopt;
  return Stamp{Hlc{*hlc}, DeviceId(*device), *index};
}

std::optional<std::string> RestampLogKey(std::string_view key, const Stamp& stamp) {
  if (!LogKeyStamp(key)) return std::nullopt;
  return LogKeyPrefix(stamp).append(key.substr(key.size() - kHexDigits));
}

std::optional<std::uint32_t> OccurrenceIn(std::string_view key, std::string_view bytes) {
  if (!key.starts_with(bytes) || key.size() <= bytes.size() || key[bytes.size()] != '#')
    return std::nullopt;
  return ReadDecimal32(key.substr(bytes.size() + 1));
}

}  // namespace contextsync

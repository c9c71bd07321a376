#include "core/hub/snapshot_key.h"

#include "core/base/hex.h"

namespace contextsync {

namespace {

constexpr std::size_t kStartDigits = 16;

std::optional<std::string> BytesFromHex(std::string_view text) {
  if (text.size() % 2 != 0 || !IsHex(text, text.size())) return std::nullopt;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    bytes.push_back(static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1])));
  }
  return bytes;
}

}  // namespace

std::string EncodeSnapshotKey(const SnapshotKey& key) {
  return ToHex16(key.start.value) + "." + std::string(ToString(key.last.level)) + "." +
         ToHex(key.last.id);
}

std::optional<SnapshotKey> DecodeSnapshotKey(std::string_view text) {
  const std::size_t first = text.find('.');
  if (first != kStartDigits) return std::nullopt;
  const std::size_t second = text.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto start = FromHex16(text.substr(0, first));
  const auto level = ParseLevel(text.substr(first + 1, second - first - 1));
  auto id = BytesFromHex(text.substr(second + 1));
  if (!start || !level || !id) return std::nullopt;
  return SnapshotKey{HubSequence(*start), {*level, std::move(*id)}};
}

}  // namespace contextsync

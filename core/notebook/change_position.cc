#include <charconv>

#include "core/notebook/requests.h"

namespace contextsync {

namespace {

/// A decimal number without sign, leading zeros or blanks.
std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return number;
}

}  // namespace

std::string ToString(const ChangePosition& position) {
  return std::to_string(position.seq.value) + "." + std::to_string(position.local);
}

std::optional<ChangePosition> ParseChangePosition(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto seq = ParseNumber(text.substr(0, dot));
  const auto local = ParseNumber(text.substr(dot + 1));
  if (!seq || !local) return std::nullopt;
  return ChangePosition{HubSequence(*seq), *local};
}

}  // namespace contextsync

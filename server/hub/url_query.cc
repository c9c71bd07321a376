#include "server/hub/url_query.h"

#include <charconv>
#include <utility>

namespace contextsync {

namespace {

Error MalformedQuery(std::string_view what) {
  return {ErrorCode::kInvalidArgument, std::string(what) + " in the query"};
}

std::optional<char> HexByte(std::string_view digits) {
  unsigned value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) return std::nullopt;
  return static_cast<char>(value);
}

}  // namespace

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const std::optional<char> byte = HexByte(text.substr(i + 1, 2));
    if (!byte) return std::nullopt;
    decoded += *byte;
    i += 2;
  }
  return decoded;
}

Result<UrlQuery> UrlQuery::Parse(std::string_view query) {
  UrlQuery parsed;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    auto name = PercentDecode(pair.substr(0, equals));
    auto value = PercentDecode(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
    if (!name || !value) return MalformedQuery("broken escape");
    if (!parsed.values_.emplace(std::move(*name), std::move(*value)).second) {
      return MalformedQuery("repeated parameter");
    }
  }
  return parsed;
}

std::string_view UrlQuery::Text(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string_view() : std::string_view(found->second);
}

Result<std::uint64_t> UrlQuery::Number(std::string_view name, std::uint64_t fallback) const {
  const std::string_view text = Text(name);
  if (text.empty()) return fallback;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return MalformedQuery(std::string(name) + " is not a number");
  }
  return value;
}

UrlTarget SplitTarget(std::string_view target) {
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {target, {}};
  return {target.substr(0, mark), target.substr(mark + 1)};
}

}  // namespace contextsync

// UrlTarget: the path and the query of a request target.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace contextsync {

/// `text` with its %XX decoded; nothing for a broken escape. A plus stays a plus.
std::optional<std::string> PercentDecode(std::string_view text);

/// The parameters of a query, each at most once.
class UrlQuery {
 public:
  /// Errors: kInvalidArgument for a broken escape or a repeated name.
  static Result<UrlQuery> Parse(std::string_view query);

  [[nodiscard]] bool Has(std::string_view name) const { return values_.contains(name); }

  /// Empty when absent.
  [[nodiscard]] std::string_view Text(std::string_view name) const;

  /// `fallback` when absent or empty. Errors: kInvalidArgument, unless it is a decimal number.
  [[nodiscard]] Result<std::uint64_t> Number(std::string_view name, std::uint64_t fallback) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

struct UrlTarget {
  std::string_view path;   // as sent
  std::string_view query;  // as sent, without the question mark
};

UrlTarget SplitTarget(std::string_view target);

}  // namespace contextsync

// Retry-After: how long an answer asks to be left alone. RFC 9110 §10.2.3.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace contextsync {

/// `value` holds seconds or an HTTP date; a date counts from `date`, the answer's own Date field,
/// so that our clock may be wrong. Nothing when `value` is neither. At most a day: more is a
/// mistake.
std::optional<std::chrono::milliseconds> ParseRetryAfter(std::string_view value,
                                                         const std::string& date);

/// The value of header line `line` when its name is `name`, without the white space around it.
/// `name` is lower case and ends with a colon.
std::optional<std::string_view> HeaderValue(std::string_view line, std::string_view name);

}  // namespace contextsync

// Wall-clock instants and their text form. Only for people and the hybrid logical clock; no
// decision about order or waiting is taken on wall time alone.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace contextsync {

/// Milliseconds since 1970-01-01T00:00:00Z.
using UnixMillis = std::int64_t;

/// RFC 3339 in UTC with milliseconds: "2026-11-22T12:00:00.123Z". Years outside 0–9999 are clamped.
std::string FormatTimestamp(UnixMillis time);

/// Reads RFC 3339 (any offset, 0–9 fractional digits, cut to milliseconds); nothing when malformed.
std::optional<UnixMillis> ParseTimestamp(std::string_view text);

}  // namespace contextsync

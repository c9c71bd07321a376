// Keys of list elements: by value for sets and replaced lists, by birth for logs.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/document/stamp.h"

namespace contextsync {

/// Canonical bytes ‖ "#" ‖ occurrence: the n-th equal value of one list, counted from 0.
std::string ValueKey(std::string_view bytes, std::uint32_t occurrence);

/// "<hlc>.<device>.<index>.<hash of bytes>": one appended record. The hash tells clones apart that
/// minted the same stamp.
std::string LogKey(const Stamp& stamp, std::string_view bytes);

/// The stamp inside a log key, and the key with another one (restamping); nothing for a value key.
std::optional<Stamp> LogKeyStamp(std::string_view key);
std::optional<std::string> RestampLogKey(std::string_view key, const Stamp& stamp);

/// The occurrence when `key` is a value key of exactly `bytes`.
std::optional<std::uint32_t> OccurrenceIn(std::string_view key, std::string_view bytes);

}  // namespace contextsync

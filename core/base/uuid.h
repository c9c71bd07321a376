// UUIDs of RFC 9562 in their canonical text form.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace contextsync {

/// Version 7: time-ordered. `millis` fills the first 48 bits, the 74 random bits come from
/// `random_high` (12 used) and `random_low` (62 used).
std::string MakeUuidV7(std::uint64_t millis, std::uint64_t random_high, std::uint64_t random_low);

/// Version 5 within this program's own namespace: the same `name` always gives the same UUID.
std::string MakeUuidV5(std::string_view name);

/// A UUIDv7 above `uuid`, which is one: of the next millisecond, with fresh random bits, so that
/// two copies of one notebook that go on from the same id do not mint the same next one.
std::string UuidV7After(std::string_view uuid, std::uint64_t random_high, std::uint64_t random_low);

}  // namespace contextsync

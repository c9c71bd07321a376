// How large an entry is in a push, without writing it.

#pragma once

#include <cstdint>

#include "core/ports/hub_messages.h"

namespace contextsync {

/// An upper estimate of the bytes `entry` with `delta` takes on the wire. The hub's body limit
/// leaves 1 MiB above the largest entry, so it need not be exact.
std::uint64_t WireSize(const PushEntry& entry, const Delta& delta);

}  // namespace contextsync

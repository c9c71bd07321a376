// The hybrid logical clock and the entry ids of one notebook, as functions on its meta record, so
// that a refused write does not bump them. Source: docs/sync_protocol.md#clock

#pragma once

#include <optional>

#include "core/notebook/records.h"
#include "core/ports/clock.h"

namespace contextsync {

/// The next instant, above every stamp minted or received here, and noted in `meta`. A wall clock
/// in the past needs nothing: it follows the last one. Nothing when the year 9999 is over: writes
/// are refused, never wrapped.
std::optional<Hlc> Tick(Meta& meta, const Clock& clock);

/// `hlc` was seen in the feed or a snapshot: later ticks are above it. Call for nothing else, the
/// hub has bounded these.
void Receive(Meta& meta, Hlc hlc);

/// Our best estimate of the hub's time.
UnixMillis HubMillis(const Meta& meta, const Clock& clock);

/// A UUIDv7 above all this notebook has minted, whatever the wall clock does; noted in `meta`.
EntryId MintEntryId(Meta& meta, const Clock& clock, Random& random);

/// A device id nobody has.
DeviceId MintDevice(Random& random);

}  // namespace contextsync

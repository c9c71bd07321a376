// States and deltas as JSON between notebook and hub. Format:
// docs/sync_protocol.md#delta-on-the-wire
//
// One entry's delta names its (hlc, device) once and each stamp by index alone; a state (snapshot,
// repair, what a conflict record keeps) lists its devices and writes every stamp in full.

#pragma once

#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "core/base/result.h"
#include "core/document/json.h"
#include "core/document/state.h"

namespace contextsync {

/// The short form; the full one when the stamps are not all of one entry (a repair).
Json DeltaToWire(const Delta& delta);

/// The full form, always.
Json StateToWire(const State& state);

/// Both read both forms.
///
/// Errors: kInvalidArgument for malformed input and for what breaks a limit of one entry (depth,
/// key length;
///         never list length or context size); kUnavailable for a version or a tree letter this
///         build does not know: stop, do not skip, ask for an upgrade.
Result<Delta> DeltaFromWire(const Json& json);
Result<State> StateFromWire(const Json& json);

/// The (hlc, device) of all stamps in `delta`, when there is one and the same.
std::optional<Stamp> SingleEntryStamp(const Delta& delta);

}  // namespace contextsync

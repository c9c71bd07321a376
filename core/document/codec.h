// The stored form of a state: binary, with tables of devices and entries. A pure function of the
// value, so equal states have equal bytes. Format: docs/storage_format.md#cells

#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/document/state.h"

namespace contextsync {

std::string EncodeState(const State& state);

/// Errors: kCorruption for anything EncodeState does not write, truncations included; kUnavailable
/// for a newer
///         version of the format.
Result<State> DecodeState(std::string_view bytes);

/// SHA-256 of EncodeState as 64 hex digits: equal on all replicas with equal states.
std::string StateHash(const State& state);

}  // namespace contextsync

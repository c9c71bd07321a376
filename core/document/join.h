// Join: the one merge of this program. It never looks at policy, clocks, device roles or limits.

#pragma once

#include "core/document/state.h"

namespace contextsync {

/// `into` := the componentwise maximum (minimum for Element::first) of both.
/// Commutative, associative, idempotent: order, duplication and delay of delivery cannot matter.
void Join(State& into, const Delta& delta);
void Join(Cell& into, const Cell& other);

/// Joins and keeps only what raised something; the result joined to the old `into` gives the new
/// one.
Delta JoinAndTrim(State& into, const Delta& delta);

/// The components of `delta` that `state` does not already contain, in a form that can be sent: an
/// element with a value has its last addition with it. Empty cells ⇔ delta ≤ state.
Delta Above(const State& state, const Delta& delta);

}  // namespace contextsync

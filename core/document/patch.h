// Patching a view along a delta's paths, when it is known which of them kept their shape.

#pragma once

#include <set>
#include <string>

#include "core/document/render.h"

namespace contextsync {

/// Paths of a delta's heads that were shown as an object or list before and are so after: what is
/// in the view there stays, and only the cells below or the elements need a look.
using KeptShapes = std::set<std::string, std::less<>>;

/// Precondition: view == Render(before), after == before ⊔ delta.
void PatchView(View& view, const State& after, const Delta& delta, const KeptShapes& kept);

/// Which heads of `delta` find their own kind shown in `before`.
KeptShapes FindKeptShapes(const State& before, const Delta& delta);

}  // namespace contextsync

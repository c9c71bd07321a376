// Render: what a state shows. A pure function of the cells. Source: docs/sync_protocol.md#render

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/document/context_ref.h"
#include "core/document/json.h"
#include "core/document/state.h"

namespace contextsync {

/// What people see of a context. Kept beside the cells and patched, because rendering a large one
/// is slow.
struct View {
  bool exists = false;
  Json data = Json::object();  // {} when it does not exist
  std::optional<ContextRef> parent;
  UnixMillis created_at = 0;
};

/// Compares canonical bytes, because trees call different numbers equal.
bool operator==(const View& left, const View& right);

View Render(const State& state);

struct Rendered {
  CellKind kind = CellKind::kAtom;  // never kDel
  Json value;
};

/// What is shown at a path of the data tree ("d/status"); nothing when nothing is. A path inside an
/// atomic subtree gives the value there, as kAtom.
std::optional<Rendered> RenderAt(const State& state, std::string_view path);

/// max clr of `path` and its ancestors: older components are dead.
Stamp FloorAt(const State& state, std::string_view path);

/// Joins `delta` into `state` and patches `view` along its paths: the fast way to take a change in.
/// Precondition: view == Render(state).
void ApplyDelta(State& state, View& view, const Delta& delta);

/// Brings `view` from Render(before) to Render(after), where after = before ⊔ delta. Without
/// `before` it must render again what ApplyDelta can prove unchanged in shape; use it only where
/// the join is done already.
void PatchView(View& view, const State& after, const Delta& delta);

}  // namespace contextsync

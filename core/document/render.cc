#include "core/document/render.h"

#include <nlohmann/json.hpp>

#include "core/document/join.h"
#include "core/document/patch.h"
#include "core/document/visible.h"

namespace contextsync {
namespace {

// The value at `pointer` inside an atom, through its objects.
std::optional<Rendered> InsideAtom(const Cell& atom, std::string_view pointer) {
  const auto segments = SplitPointer(pointer);
  if (!segments) return std::nullopt;
  const Json value = FromCanonical(atom.head->bytes);
  const Json* node = &value;
  for (const std::string& segment : *segments) {
    if (!node->is_object() || !node->contains(segment)) return std::nullopt;
    node = &(*node)[segment];
  }
  return Rendered{CellKind::kAtom, *node};
}

}  // namespace

bool operator==(const View& left, const View& right) {
  return left.exists == right.exists && left.parent == right.parent &&
         left.created_at == right.created_at &&
         CanonicalBytes(left.data) == CanonicalBytes(right.data);
}

std::optional<Rendered> RenderAt(const State& state, std::string_view path) {
  const Place place = Locate(state, path);
  if (place.kind) return Rendered{*place.kind, RenderPlace(state, path, place)};
  if (place.is_reachable) return std::nullopt;
  for (std::string_view above = path; above.find('/') != std::string_view::npos;) {
    above = ParentPointer(above);
    const Place outer = Locate(state, above);
    if (outer.kind == CellKind::kAtom) return InsideAtom(*outer.cell, path.substr(above.size()));
    if (outer.is_reachable) return std::nullopt;
  }
  return std::nullopt;
}

void ApplyDelta(State& state, View& view, const Delta& delta) {
  const KeptShapes kept = FindKeptShapes(state, delta);
  Join(state, delta);
  PatchView(view, state, delta, kept);
}

void PatchView(View& view, const State& after, const Delta& delta) {
  KeptShapes kept;
  if (view.exists) kept.insert(std::string(kDataRoot));  // the root is never anything but an object
  PatchView(view, after, delta, kept);
}

}  // namespace contextsync

// What of a cell can be seen, given the floor above it. Shared by render, patch and compile.

#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/document/render.h"
#include "core/document/state.h"

namespace contextsync {

/// The floor below `cell` when `above` is the floor of its parent.
Stamp FloorOf(const Cell& cell, const Stamp& above);

/// The kind shown by a cell whose ancestors are all visible objects; nothing when it is deleted or
/// dead. `floor` includes the cell's own clr.
std::optional<CellKind> ShownKind(const Cell& cell, const Stamp& floor);

bool IsElementShown(const Element& element, const Stamp& floor);

/// Where a visible element stands in its list: by the first time it was added and stayed.
const Stamp& PositionOf(const Element& element, const Stamp& floor);

using ElementItem = std::pair<const std::string, Element>;

/// Visible elements in the order shown.
std::vector<const ElementItem*> ShownElements(const Cell& cell, const Stamp& floor);

/// How many elements are visible; cheaper than ShownElements.
std::size_t CountShown(const Cell& cell, const Stamp& floor);

/// The visible elements as a JSON array.
Json RenderList(const Cell& cell, const Stamp& floor);

/// A stored canonical text as a tree. Precondition: it was canonical when stored.
Json FromCanonical(std::string_view bytes);

/// A path, looked up from the root down.
struct Place {
  Stamp floor;                   // max clr of the path and its ancestors
  bool is_reachable = false;     // every ancestor is a visible object
  std::optional<CellKind> kind;  // what is shown here; nothing when nothing is
  const Cell* cell = nullptr;    // nullptr when nothing is known here
};

Place Locate(const State& state, std::string_view path);

/// The place of a child, when the parent's is known.
Place LocateChild(const State& state, const Place& parent, std::string_view path);

/// The value shown at a place. Precondition: place.kind.
Json RenderPlace(const State& state, std::string_view path, const Place& place);

}  // namespace contextsync

// State: all cells of one context, by path. A path is a tree letter and a JSON Pointer: "d/…" is
// the agents' data, "m/…" is ours, so no key an agent chooses can collide with our own.

#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/document/cell.h"
#include "core/document/pointer.h"

namespace contextsync {

inline constexpr std::string_view kDataRoot = "d";
inline constexpr std::string_view kMetaRoot = "m";
inline constexpr std::string_view kMetaParent = "m/parent";
inline constexpr std::string_view kMetaCreated = "m/created";
inline constexpr std::string_view kCreatedKey = "1#0";  // the one element of m/created

using CellMap = std::map<std::string, Cell, PathLess>;

struct State {
  CellMap cells;

  friend bool operator==(const State&, const State&) = default;
};

/// A change has the type of a state: what the writer raised.
using Delta = State;

/// The cell at `path`, or nullptr.
const Cell* FindCell(const State& state, std::string_view path);

/// "d" + `pointer`, and back. Precondition of the second: `path` is in the data tree.
std::string DataPath(std::string_view pointer);
std::string_view DataPointer(std::string_view path);
bool IsDataPath(std::string_view path);

/// The largest stamp anywhere in `state`; zero when empty.
Stamp LargestStamp(const State& state);

/// Calls visit(path, cell) for everything at or below `path`, outermost first.
template <typename Visit>
void ForEachAtOrBelow(const State& state, std::string_view path, Visit visit) {
  for (auto it = state.cells.lower_bound(path);
       it != state.cells.end() && IsAtOrBelow(it->first, path); ++it) {
    visit(it->first, it->second);
  }
}

/// Calls visit(stamp&) for every stamp present in `state`; State or const State.
template <typename AnyState, typename Visit>
void ForEachStamp(AnyState& state, Visit visit) {
  const auto call = [&visit](auto& stamp) {
    if (!stamp.IsNever()) visit(stamp);
  };
  for (auto& [path, cell] : state.cells) {
    if (cell.head) call(cell.head->stamp);
    call(cell.clr);
    for (auto& [key, element] : cell.elems) {
      call(element.first);
      call(element.last);
      call(element.rm);
    }
  }
}

}  // namespace contextsync

// Cell: what replicas know about one path. Every component is a maximum or minimum over a total
// order, so joining cells is commutative, associative and idempotent. Source:
// docs/sync_protocol.md#cells

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/document/stamp.h"

namespace contextsync {

/// What is at a path. The numbers are stored and break ties between equal stamps; do not change
/// them.
enum class CellKind : std::uint8_t { kDel = 0, kObj = 1, kList = 2, kAtom = 3 };

/// What is here; the larger (stamp, kind, bytes) stays.
struct Head {
  Stamp stamp;
  CellKind kind = CellKind::kDel;
  std::string bytes;  // canonical JSON of an atom, else empty

  friend auto operator<=>(const Head&, const Head&) = default;
};

/// One list element. A zero stamp stands for "absent", the neutral element of all three.
struct Element {
  Stamp first;        // the smallest stamp that ever added it; never reset by a removal
  Stamp last;         // the largest stamp that added it
  Stamp rm;           // the largest stamp that removed it
  std::string bytes;  // canonical JSON; empty when only a removal is known

  friend bool operator==(const Element&, const Element&) = default;
};

/// What is left of an element whose last addition was taken out of a state: its first one is known.
/// No message holds a first addition without a last.
inline void StandAtFirst(Element& element) {
  if (element.last.IsNever()) element.last = element.first;
}

struct Cell {
  std::optional<Head> head;
  Stamp clr;  // kills everything at and below this path that is older; zero: absent
  std::map<std::string, Element> elems;

  friend bool operator==(const Cell&, const Cell&) = default;
};

/// True when nothing is known; such a cell is never kept in a State.
inline bool IsNeutral(const Cell& cell) {
  return !cell.head && cell.clr.IsNever() && cell.elems.empty();
}

}  // namespace contextsync

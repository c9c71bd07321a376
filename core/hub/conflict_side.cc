#include "core/hub/conflict_side.h"

#include "core/hub/clash_finder.h"

namespace contextsync {

namespace {

bool HasCellBelow(const Delta& delta, std::string_view path) {
  auto it = delta.cells.upper_bound(path);
  return it != delta.cells.end() && IsAtOrBelow(it->first, path);
}

/// A bare head(OBJ) above something else only says that the parents exist.
bool SaysSomething(const Delta& delta, std::string_view path, const Cell& cell) {
  if (!cell.clr.IsNever() || !cell.elems.empty()) return true;
  if (!cell.head) return false;
  return cell.head->kind != CellKind::kObj || !HasCellBelow(delta, path);
}

/// `delta` at and below `written`, under parents that are sure to be there.
State Isolate(const Delta& delta, std::string_view written) {
  State alone;
  ForEachAtOrBelow(delta, written, [&](const std::string& path, const Cell& cell) {
    alone.cells.emplace(path, cell);
  });
  Cell& top = alone.cells[std::string(written)];
  const Stamp stamp = LargestStamp(top);
  if (!top.head && !top.elems.empty()) top.head = Head{stamp, CellKind::kList, ""};
  for (std::string_view at = written; ParentPointer(at) != at;) {
    at = ParentPointer(at);
    alone.cells[std::string(at)].head = Head{stamp, CellKind::kObj, ""};
  }
  return alone;
}

}  // namespace

std::optional<std::string> WrittenAt(const Delta& delta, std::string_view path) {
  for (std::string_view at = path;; at = ParentPointer(at)) {
    const Cell* cell = FindCell(delta, at);
    if (cell != nullptr && SaysSomething(delta, at, *cell)) return std::string(at);
    if (ParentPointer(at) == at) return std::nullopt;
  }
}

std::optional<std::string> WantedBytes(const Delta& delta, std::string_view written,
                                       std::string_view path) {
  const Cell* cell = FindCell(delta, written);
  if (cell == nullptr) return std::nullopt;
  if (path == kMetaParent) {
    const bool is_atom = cell->head && cell->head->kind == CellKind::kAtom;
    return is_atom ? std::optional(cell->head->bytes) : std::nullopt;
  }
  return ShownBytes(Isolate(delta, written), path);
}

bool Deletes(const Delta& delta, std::string_view path) {
  const std::optional<std::string> written = WrittenAt(delta, path);
  if (!written) return false;
  const Cell* cell = FindCell(delta, *written);
  return cell->head && cell->head->kind == CellKind::kDel;
}

}  // namespace contextsync

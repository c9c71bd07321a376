#include "core/notebook/repair.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/document/codec.h"
#include "core/document/pointer.h"
#include "core/notebook/journal.h"
#include "core/notebook/wire_size.h"
#include "core/ports/hub_wire.h"

namespace contextsync {

namespace {

bool IsContainer(CellKind kind) {
  return kind == CellKind::kObj || kind == CellKind::kList;
}

/// `path` and all above it.
std::vector<std::string> WayUp(std::string_view path) {
  std::vector<std::string> way = {std::string(path)};
  while (ParentPointer(way.back()) != way.back())
    way.emplace_back(ParentPointer(way.back()));
  return way;
}

/// Of what `cell` shows by itself: an atom, or elements that were not removed. Never: nothing.
Stamp LargestShown(const Cell& cell) {
  Stamp largest;
  if (cell.head && cell.head->kind == CellKind::kAtom) largest = cell.head->stamp;
  for (const auto& [key, element] : cell.elems) {
    if (element.rm < element.last) largest = std::max(largest, element.last);
  }
  return largest;
}

bool IsAlive(const Stamp& stamp, const std::vector<std::string>& way, const State& mine) {
  return !stamp.IsNever() && std::all_of(way.begin(), way.end(), [&](const std::string& path) {
    const Cell* cell = FindCell(mine, path);
    return cell == nullptr || cell->clr < stamp;
  });
}

class Splitter {
 public:
  std::vector<Delta> Split(const Delta& delta) {
    for (const auto& [path, cell] : delta.cells)
      Add(path, cell);
    Close();
    return std::move(parts_);
  }

 private:
  void Add(const std::string& path, const Cell& cell) {
    Cell bare = cell;
    bare.elems.clear();
    if (!IsNeutral(bare)) AddPiece(path, bare);
    for (const auto& [key, element] : cell.elems) {
      Cell piece;
      piece.elems.emplace(key, element);
      AddPiece(path, piece);
    }
  }

  void AddPiece(const std::string& path, const Cell& piece) {
    Delta alone;
    alone.cells.emplace(path, piece);
    const std::uint64_t size = WireSize(PushEntry{}, alone) - frame_;
    if (size_ > 0 && size_ + size > limits::kPushBytes) Close();
    size_ += size;
    Cell& into = part_.cells[path];
    if (piece.head) into.head = piece.head;
    if (!piece.clr.IsNever()) into.clr = piece.clr;
    into.elems.insert(piece.elems.begin(), piece.elems.end());
  }

  void Close() {
    if (!part_.cells.empty()) parts_.push_back(std::move(part_));
    part_ = {};
    size_ = 0;
  }

  std::vector<Delta> parts_;
  Delta part_;
  std::uint64_t size_ = 0;
  const std::uint64_t frame_ = WireSize(PushEntry{}, Delta{});  // counted once per part by the wire
};

}  // namespace

std::vector<Delta> SplitRepair(const Delta& delta) {
  return Splitter().Split(delta);
}

Status AppendRepair(Changeset& changes, JournalEntry entry, Delta delta) {
  CONTEXTSYNC_ASSIGN_OR_RETURN(entry.push.over, journal::LeastIdOf(changes, entry.push.context));
  entry.delta_bytes = EncodeState(delta);
  entry.wire_bytes = WireSize(entry.push, delta);
  entry.push.delta = std::move(delta);
  entry.push.hash = EntryHash(entry.push);
  entry.push.delta = {};
  journal::Append(changes, std::move(entry));
  return {};
}

Delta WithContainers(Delta lacking, const State& mine, const State& at_hub) {
  std::set<std::string> holding;
  for (const auto& [path, cell] : lacking.cells) {
    const auto way = WayUp(path);
    if (!IsAlive(LargestShown(cell), way, mine)) continue;
    // An atom's own cell is no container, whatever else a pending entry made of it.
    holding.insert(cell.elems.empty() ? std::next(way.begin()) : way.begin(), way.end());
  }
  for (const std::string& path : holding) {
    const Cell* held = FindCell(mine, path);
    const Cell* known = FindCell(at_hub, path);
    const bool is_container = held != nullptr && held->head && IsContainer(held->head->kind);
    if (is_container && (known == nullptr || !known->head)) lacking.cells[path].head = held->head;
  }
  return lacking;
}

}  // namespace contextsync

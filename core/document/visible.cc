#include "core/document/visible.h"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "core/document/mutant.h"

namespace contextsync {
namespace {

bool IsAbove(const Stamp& stamp, const Stamp& floor) {
  return MutantActive(Mutant::kFloorNotStrict) ? stamp >= floor : stamp > floor;
}

bool IsSameEntry(const Stamp& left, const Stamp& right) {
  return left.hlc == right.hlc && left.device == right.device;
}

// Short strings and integers are most of all values; the general parser costs ten times as much.
std::optional<Json> ReadSimple(std::string_view bytes) {
  if (bytes.size() >= 2 && bytes.front() == '"') {
    const std::string_view inner = bytes.substr(1, bytes.size() - 2);
    if (inner.find('\\') == std::string_view::npos) return Json(std::string(inner));
    return std::nullopt;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), value);
  if (error == std::errc{} && end == bytes.data() + bytes.size()) return Json(value);
  return std::nullopt;
}

using CellIterator = CellMap::const_iterator;

class Renderer {
 public:
  explicit Renderer(const State& state) : end_(state.cells.end()) {}

  // `it` is at the cell shown as `kind`; afterwards behind everything below it.
  Json Value(CellIterator& it, CellKind kind, const Stamp& floor) {
    const std::string_view path = it->first;
    const Cell& cell = it->second;
    ++it;
    if (kind == CellKind::kObj) return Object(it, path, floor);
    SkipBelow(it, path);
    return kind == CellKind::kList ? RenderList(cell, floor) : FromCanonical(cell.head->bytes);
  }

 private:
  Json Object(CellIterator& it, std::string_view path, const Stamp& floor) {
    Json object = Json::object();
    while (it != end_ && IsAtOrBelow(it->first, path)) {
      const std::string_view child = it->first;
      if (ParentPointer(child) != path) {  // its own parent is unknown, so it cannot be seen
        SkipBelow(it, child);
        continue;
      }
      const Stamp child_floor = FloorOf(it->second, floor);
      const auto kind = ShownKind(it->second, child_floor);
      if (kind) {
        object[LastSegment(child)] = Value(it, *kind, child_floor);
      } else {
        SkipBelow(it, child);
      }
    }
    return object;
  }

  void SkipBelow(CellIterator& it, std::string_view path) const {
    while (it != end_ && IsAtOrBelow(it->first, path))
      ++it;
  }

  CellIterator end_;
};

}  // namespace

Stamp FloorOf(const Cell& cell, const Stamp& above) {
  if (MutantActive(Mutant::kClrOfAncestorsIgnored)) return cell.clr;
  return std::max(cell.clr, above);
}

std::optional<CellKind> ShownKind(const Cell& cell, const Stamp& floor) {
  if (!cell.head || cell.head->kind == CellKind::kDel || !IsAbove(cell.head->stamp, floor))
    return std::nullopt;
  return cell.head->kind;
}

bool IsElementShown(const Element& element, const Stamp& floor) {
  if (MutantActive(Mutant::kRmWinsTies) && IsSameEntry(element.rm, element.last)) return false;
  return IsAbove(element.last, std::max(floor, element.rm));
}

const Stamp& PositionOf(const Element& element, const Stamp& floor) {
  if (MutantActive(Mutant::kListOrderByLast)) return element.last;
  return IsAbove(element.first, std::max(floor, element.rm)) ? element.first : element.last;
}

std::vector<const ElementItem*> ShownElements(const Cell& cell, const Stamp& floor) {
  std::vector<const ElementItem*> shown;
  shown.reserve(cell.elems.size());
  for (const ElementItem& item : cell.elems) {
    if (IsElementShown(item.second, floor)) shown.push_back(&item);
  }
  const auto is_before = [&floor](const ElementItem* left, const ElementItem* right) {
    const auto order = PositionOf(left->second, floor) <=> PositionOf(right->second, floor);
    return order != 0 ? order < 0 : left->first < right->first;
  };
  std::sort(shown.begin(), shown.end(), is_before);
  return shown;
}

std::size_t CountShown(const Cell& cell, const Stamp& floor) {
  const auto is_shown = [&floor](const ElementItem& item) {
    return IsElementShown(item.second, floor);
  };
  return static_cast<std::size_t>(std::count_if(cell.elems.begin(), cell.elems.end(), is_shown));
}

Json RenderList(const Cell& cell, const Stamp& floor) {
  Json list = Json::array();
  for (const ElementItem* item : ShownElements(cell, floor))
    list.push_back(FromCanonical(item->second.bytes));
  return list;
}

Json FromCanonical(std::string_view bytes) {
  if (auto simple = ReadSimple(bytes)) return *std::move(simple);
  return Json::parse(bytes.begin(), bytes.end(), nullptr, /*allow_exceptions=*/false);
}

Place LocateChild(const State& state, const Place& parent, std::string_view path) {
  Place place;
  place.floor = parent.floor;
  place.is_reachable = parent.kind == CellKind::kObj;
  place.cell = FindCell(state, path);
  if (place.cell == nullptr) return place;
  place.floor = FloorOf(*place.cell, parent.floor);
  if (place.is_reachable) place.kind = ShownKind(*place.cell, place.floor);
  return place;
}

Place Locate(const State& state, std::string_view path) {
  Place above;
  above.kind = CellKind::kObj;  // the tree itself holds its root
  for (std::size_t end = path.find('/'); end != std::string_view::npos;
       end = path.find('/', end + 1)) {
    above = LocateChild(state, above, path.substr(0, end));
  }
  return LocateChild(state, above, path);
}

Json RenderPlace(const State& state, std::string_view path, const Place& place) {
  auto it = state.cells.find(path);
  return Renderer(state).Value(it, *place.kind, place.floor);
}

}  // namespace contextsync

#include "core/document/patch.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/document/visible.h"

namespace contextsync {
namespace {

std::optional<ContextRef> ReadParent(const State& state) {
  const Cell* cell = FindCell(state, kMetaParent);
  if (cell == nullptr || !cell->head || cell->head->kind != CellKind::kAtom) return std::nullopt;
  const Json parent = FromCanonical(cell->head->bytes);
  if (!parent.is_object()) return std::nullopt;
  const auto level = parent.find("level");
  const auto id = parent.find("context_id");
  if (level == parent.end() || id == parent.end() || !level->is_string() || !id->is_string())
    return std::nullopt;
  const auto known = ParseLevel(level->get_ref<const std::string&>());
  if (!known) return std::nullopt;
  return ContextRef{*known, id->get<std::string>()};
}

// The earliest creation since the last delete; older than that delete only when nothing younger is
// known.
UnixMillis ReadCreatedAt(const State& state) {
  const Cell* cell = FindCell(state, kMetaCreated);
  if (cell == nullptr) return 0;
  const auto element = cell->elems.find(std::string(kCreatedKey));
  if (element == cell->elems.end()) return 0;
  const Stamp floor = std::max(FloorAt(state, kMetaCreated), FloorAt(state, kDataRoot));
  return PositionOf(element->second, floor).hlc.millis();
}

void ReadMeta(View& view, const State& state) {
  view.parent = view.exists ? ReadParent(state) : std::nullopt;
  view.created_at = view.exists ? ReadCreatedAt(state) : 0;
}

// The node of `path` in the view; nullptr when a segment is missing.
Json* FindNode(View& view, std::string_view path) {
  Json* node = &view.data;
  const auto segments = SplitPointer(DataPointer(path));
  for (const std::string& segment : *segments) {
    if (!node->is_object()) return nullptr;
    const auto child = node->find(segment);
    if (child == node->end()) return nullptr;
    node = &*child;
  }
  return node;
}

class ViewPatcher {
 public:
  ViewPatcher(View& view, const State& after, const KeptShapes& kept)
      : view_(view), after_(after), kept_(kept) {}

  void Patch(const Delta& delta) {
    for (const auto& [path, cell] : delta.cells) {
      if (!IsDataPath(path)) break;  // "m" sorts behind all of "d"
      if (!rendered_.empty() && IsAtOrBelow(path, rendered_)) continue;
      PatchCell(path, cell);
    }
  }

 private:
  void PatchCell(const std::string& path, const Cell& change) {
    const Place place = Locate(after_, path);
    const bool clears = !change.clr.IsNever() && place.cell->clr == change.clr;
    const bool heads = change.head && place.cell->head == change.head;
    if (clears || (heads && !IsKept(path, place))) {
      RenderAgain(path, place);
    } else if (!change.elems.empty() && place.kind == CellKind::kList) {
      PatchList(path, place, change);
    }
  }

  [[nodiscard]] bool IsKept(const std::string& path, const Place& place) const {
    const bool has_inner = place.kind == CellKind::kObj || place.kind == CellKind::kList;
    return has_inner && kept_.contains(path);
  }

  void RenderAgain(const std::string& path, const Place& place) {
    rendered_ = path;
    if (path == kDataRoot) {
      view_.data = place.kind == CellKind::kObj ? RenderPlace(after_, path, place) : Json::object();
      return;
    }
    if (!place.is_reachable)
      return;  // hidden before and after; what an ancestor shows is not ours to touch
    Json* parent = FindNode(view_, ParentPointer(path));
    if (parent == nullptr || !parent->is_object()) return;
    if (place.kind) {
      (*parent)[LastSegment(path)] = RenderPlace(after_, path, place);
    } else {
      parent->erase(LastSegment(path));
    }
  }

  void PatchList(const std::string& path, const Place& place, const Cell& change) {
    Json* list = FindNode(view_, path);
    if (list != nullptr && list->is_array() && AppendTail(*list, place, change)) return;
    RenderAgain(path, place);
  }

  // Appending at the end is the one change to a long list that is common. True when the change was
  // that.
  static bool AppendTail(Json& list, const Place& place, const Cell& change) {
    Cell added;
    for (const auto& [key, unused] : change.elems) {
      const Element& element = place.cell->elems.find(key)->second;
      if (!IsElementShown(element, place.floor)) return false;
      added.elems.emplace(key, element);
    }
    const auto tail = ShownElements(added, place.floor);
    const auto order = [&place](const ElementItem& item) {
      return std::tie(PositionOf(item.second, place.floor), item.first);
    };
    std::size_t before = 0;
    std::size_t total = 0;
    for (const ElementItem& item : place.cell->elems) {
      if (!IsElementShown(item.second, place.floor)) continue;
      ++total;
      if (order(item) < order(*tail.front())) ++before;
    }
    // As many as the view has stand before the added ones and none behind: so none of those was
    // shown yet.
    if (list.size() != before || total != before + tail.size()) return false;
    for (const ElementItem* item : tail)
      list.push_back(FromCanonical(item->second.bytes));
    return true;
  }

  View& view_;
  const State& after_;
  const KeptShapes& kept_;
  std::string rendered_;  // the subtree just rendered whole; what follows below it is done
};

}  // namespace

Stamp FloorAt(const State& state, std::string_view path) {
  return Locate(state, path).floor;
}

View Render(const State& state) {
  View view;
  const Place root = Locate(state, kDataRoot);
  view.exists = root.kind == CellKind::kObj;
  if (view.exists) view.data = RenderPlace(state, kDataRoot, root);
  ReadMeta(view, state);
  return view;
}

KeptShapes FindKeptShapes(const State& before, const Delta& delta) {
  KeptShapes kept;
  for (const auto& [path, cell] : delta.cells) {
    if (!cell.head || !IsDataPath(path)) continue;
    const Place place = Locate(before, path);
    if (place.kind == cell.head->kind) kept.insert(path);
  }
  return kept;
}

void PatchView(View& view, const State& after, const Delta& delta, const KeptShapes& kept) {
  ViewPatcher(view, after, kept).Patch(delta);
  view.exists = Locate(after, kDataRoot).kind == CellKind::kObj;
  if (!view.exists) view.data = Json::object();
  ReadMeta(view, after);
}

}  // namespace contextsync

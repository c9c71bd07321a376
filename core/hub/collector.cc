#include "core/hub/collector.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/document/visible.h"
#include "core/hub/writer_table.h"

namespace contextsync {

namespace {

/// What kills: a stamp, and whether it is old enough and seen by all.
struct Killer {
  Stamp stamp;
  bool is_settled = false;
};

Killer Stronger(const Killer& left, const Killer& right) {
  return left.stamp < right.stamp ? right : left;
}

class Collector {
 public:
  Collector(const HubContext& context, const CollectionBounds& bounds)
      : state_(context.state), writers_(context.writers), bounds_(bounds) {}

  std::vector<Drop> Run() {
    const bool is_shown = Locate(state_, kDataRoot).kind.has_value();
    CollectTree(kDataRoot);
    // While the data is shown, its parent and its time of creation are read past all clears.
    if (!is_shown) CollectTree(kMetaRoot);
    if (drops_.size() >= bounds_.max_drops) return std::move(drops_);
    left_ = state_;
    ApplyDrops(left_, drops_);
    CollectClears(is_shown);
    return std::move(drops_);
  }

 private:
  struct Enclosing {
    std::string_view path;
    Killer floor;
  };

  [[nodiscard]] bool IsSettled(const Stamp& stamp, const Writer& writer) const {
    return writer.seq <= bounds_.seen && stamp.hlc.millis() < bounds_.older_than;
  }

  void CollectTree(std::string_view root) {
    std::vector<Enclosing> above;  // the cells that enclose the one looked at, outermost first
    ForEachAtOrBelow(state_, root, [&](const std::string& path, const Cell& cell) {
      if (drops_.size() >= bounds_.max_drops) return;
      while (!above.empty() && !IsAtOrBelow(path, above.back().path))
        above.pop_back();
      const CellWriters none;
      const CellWriters* const found = FindWriters(writers_, path);
      const CellWriters& writers = found == nullptr ? none : *found;
      Killer floor = above.empty() ? Killer{} : above.back().floor;
      floor = Stronger(floor, {cell.clr, IsSettled(cell.clr, writers.clr)});
      CollectHead(path, cell, writers, floor);
      for (const auto& [key, element] : cell.elems) {
        const auto at = writers.elems.find(key);
        CollectElement(path, {key, element},
                       at == writers.elems.end() ? ElementWriters{} : at->second, floor);
      }
      above.push_back({path, floor});
    });
  }

  void CollectHead(const std::string& path, const Cell& cell, const CellWriters& writers,
                   const Killer& floor) {
    if (!cell.head || !IsSettled(cell.head->stamp, writers.head)) return;
    const bool is_killed = cell.head->stamp <= floor.stamp && floor.is_settled;
    if (is_killed || cell.head->kind == CellKind::kDel)
      drops_.push_back({path, Component::kHead, "", cell.head->stamp});
  }

  void CollectElement(const std::string& path, const ElementItem& item,
                      const ElementWriters& writers, const Killer& floor) {
    const auto& [key, element] = item;
    const Killer removal = {element.rm, IsSettled(element.rm, writers.rm)};
    const Killer killer = Stronger(floor, removal);
    Element left = element;
    const auto drop = [&, &key = key](Component component, Stamp& stamp) {
      if (stamp.IsNever()) return;
      drops_.push_back({path, component, key, stamp});
      stamp = Stamp{};
    };
    if (killer.is_settled && element.last <= killer.stamp) {
      if (IsSettled(element.last, writers.last)) {
        drop(Component::kFirst, left.first);
        drop(Component::kLast, left.last);
      }
    } else if (killer.is_settled && element.first <= killer.stamp) {
      drop(Component::kFirst, left.first);  // the place of a live element is its last addition
    }
    const auto is_younger = [&](const Stamp& stamp) { return stamp.IsNever() || stamp > left.rm; };
    if (removal.is_settled && is_younger(left.first) && is_younger(left.last))
      drop(Component::kRm, left.rm);
  }

  /// A clear may go when nothing is left that it kills; the inner ones first.
  void CollectClears(bool is_shown) {
    for (auto it = state_.cells.rbegin(); it != state_.cells.rend(); ++it) {
      const auto& [path, cell] = *it;
      if (drops_.size() >= bounds_.max_drops) return;
      if (cell.clr.IsNever() || (is_shown && !IsDataPath(path))) continue;
      const CellWriters* const writers = FindWriters(writers_, path);
      if (!IsSettled(cell.clr, writers == nullptr ? Writer{} : writers->clr)) continue;
      // The time of creation is counted from the last clear of the data.
      const bool is_root = path == kDataRoot;
      if (HoldsOlder(path, cell.clr) || (is_root && HoldsOlder(kMetaRoot, cell.clr))) continue;
      drops_.push_back({path, Component::kClr, "", cell.clr});
      ApplyDrops(left_, {drops_.back()});
    }
  }

  /// Whether anything at or below `path` is older than `clear`.
  [[nodiscard]] bool HoldsOlder(std::string_view path, const Stamp& clear) const {
    bool holds = false;
    const auto look = [&](const Stamp& stamp) {
      holds = holds || (!stamp.IsNever() && stamp <= clear);
    };
    ForEachAtOrBelow(left_, path, [&](const std::string& at, const Cell& cell) {
      if (cell.head) look(cell.head->stamp);
      if (at != path || cell.clr != clear) look(cell.clr);
      for (const auto& [key, element] : cell.elems) {
        look(element.first);
        look(element.last);
        look(element.rm);
      }
    });
    return holds;
  }

  const State& state_;
  const WriterTable& writers_;
  const CollectionBounds bounds_;
  State left_;  // what the drops found so far leave
  std::vector<Drop> drops_;
};

void DropElementWriters(CellWriters& writers, const Cell& cell) {
  for (auto it = writers.elems.begin(); it != writers.elems.end();) {
    const auto found = cell.elems.find(it->first);
    if (found == cell.elems.end() || found->second.last.IsNever()) it->second.last = {};
    if (found == cell.elems.end() || found->second.rm.IsNever()) it->second.rm = {};
    it = it->second == ElementWriters{} ? writers.elems.erase(it) : std::next(it);
  }
}

}  // namespace

std::vector<Drop> FindCollectable(const HubContext& context, const CollectionBounds& bounds) {
  return Collector(context, bounds).Run();
}

void DropWriters(WriterTable& writers, const State& state) {
  const Cell none;
  for (auto it = writers.begin(); it != writers.end();) {
    const Cell* const found = FindCell(state, it->first);
    const Cell& cell = found == nullptr ? none : *found;
    if (!cell.head) it->second.head = {};
    if (cell.clr.IsNever()) it->second.clr = {};
    DropElementWriters(it->second, cell);
    it = it->second == CellWriters{} ? writers.erase(it) : std::next(it);
  }
}

}  // namespace contextsync

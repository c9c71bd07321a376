#include "core/hub/clash_finder.h"

#include <algorithm>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "core/document/render.h"
#include "core/document/visible.h"

namespace contextsync {

namespace {

/// What a state shows at one path, ready to be asked for many elements.
class ShownPlace {
 public:
  ShownPlace(const State& state, std::string_view path) : path_(path), place_(Locate(state, path)) {
    if (place_.kind != CellKind::kList) return;
    for (const auto& [key, element] : place_.cell->elems) {
      if (IsElementShown(element, place_.floor)) elements_.insert(element.bytes);
    }
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool HasElement(const std::string& bytes) const {
    return elements_.contains(bytes);
  }
  [[nodiscard]] bool ShowsHead(const Head& head) const {
    if (place_.kind != head.kind) return false;
    return head.kind != CellKind::kAtom || place_.cell->head->bytes == head.bytes;
  }

 private:
  std::string path_;
  Place place_;
  std::set<std::string_view> elements_;
};

/// One head or element that a state shows.
struct ShownPart {
  std::string_view path;
  const Stamp& stamp;
  const Writer& writer;
  const Head* head = nullptr;        // it is the head …
  const Element* element = nullptr;  // … or an element
};

/// The largest of the unseen components looked at so far.
struct Unseen {
  Stamp stamp;
  Writer writer;

  void Take(const Stamp& other, const Writer& other_writer) {
    if (stamp < other) *this = {other, other_writer};
  }
  [[nodiscard]] bool found() const { return !stamp.IsNever(); }
};

class ClashFinder {
 public:
  ClashFinder(const IncomingWrite& write, const HubContext& before, const State& after)
      : write_(write), before_(before), after_(after) {}

  std::vector<Clash> Find() {
    for (const auto& [path, cell] : write_.delta.cells) {
      if (IsCovered(path)) continue;
      if (auto clash = IsDataPath(path) ? AtData(path, cell) : AtMeta(path, cell)) {
        clash->ours = LargestStamp(cell);
        clashes_.push_back(std::move(*clash));
      }
    }
    return std::move(clashes_);
  }

 private:
  /// Below a clash, or in our own tree when the whole context clashes.
  [[nodiscard]] bool IsCovered(std::string_view path) const {
    if (clashes_.empty()) return false;
    if (clashes_.front().path == kDataRoot) return true;
    return IsAtOrBelow(path, clashes_.back().path);
  }

  [[nodiscard]] bool IsUnseen(const Writer& writer, const Stamp& ours) const {
    if (writer.seq <= write_.base) return false;
    const DeviceId device = write_.ownership == Ownership::kByStamp ? ours.device : write_.device;
    return writer.device != device;
  }

  [[nodiscard]] const CellWriters* Writers(std::string_view path) const {
    return FindWriters(before_.writers, path);
  }

  void TakeUnseenHead(std::string_view path, const Stamp& ours, Unseen& unseen) const {
    const Cell* cell = FindCell(before_.state, path);
    const CellWriters* writers = Writers(path);
    if (cell == nullptr || !cell->head || writers == nullptr) return;
    if (IsUnseen(writers->head, ours)) unseen.Take(cell->head->stamp, writers->head);
  }

  /// Calls visit(clr, writer) for each clr at or above `path`.
  template <typename Visit>
  void ForEachClr(std::string_view path, Visit visit) const {
    for (std::string_view at = path;; at = ParentPointer(at)) {
      const Cell* cell = FindCell(before_.state, at);
      const CellWriters* writers = Writers(at);
      if (cell != nullptr && writers != nullptr && !cell->clr.IsNever()) {
        visit(cell->clr, writers->clr);
      }
      if (ParentPointer(at) == at) return;
    }
  }

  static Clash At(std::string_view path, ConflictKind kind, const Unseen& unseen) {
    return {std::string(path), kind, Stamp{}, unseen.stamp, unseen.writer};
  }

  std::optional<Clash> AtData(const std::string& path, const Cell& cell) const {
    std::optional<Clash> clash;
    if (cell.head && cell.head->kind == CellKind::kDel) return AtDelete(path, cell);
    if (cell.head && cell.head->kind == CellKind::kAtom) clash = AtAtom(path, cell);
    if (cell.head && cell.head->kind != CellKind::kAtom) clash = AtContainer(path, cell);
    if (!clash && !cell.clr.IsNever()) clash = AtClear(path, cell);
    if (!clash && !cell.elems.empty()) clash = AtDeadElements(path, cell);
    return clash;
  }

  /// Of our own tree only the parent link can clash, and only by its value; the rest follows the
  /// data's root.
  std::optional<Clash> AtMeta(const std::string& path, const Cell& cell) const {
    if (path != kMetaParent || !cell.head || cell.head->kind != CellKind::kAtom) return {};
    Unseen unseen;
    TakeUnseenHead(path, cell.head->stamp, unseen);
    const std::optional<std::string> shown = ShownBytes(before_.state, path);
    if (!unseen.found() || !shown || *shown == cell.head->bytes) return {};
    return At(path, ConflictKind::kScalar, unseen);
  }

  std::optional<Clash> AtAtom(const std::string& path, const Cell& cell) const {
    Unseen unseen;
    TakeUnseenHead(path, cell.head->stamp, unseen);
    ForEachClr(path, [&](const Stamp& clr, const Writer& writer) {
      if (IsUnseen(writer, cell.head->stamp)) unseen.Take(clr, writer);
    });
    if (!unseen.found()) return {};
    const std::optional<Rendered> shown = RenderAt(before_.state, path);
    if (!shown) return At(path, ConflictKind::kDeleteUpdate, unseen);
    if (shown->kind != CellKind::kAtom) return At(path, ConflictKind::kType, unseen);
    if (CanonicalBytes(shown->value) == cell.head->bytes) return {};
    return At(path, ConflictKind::kScalar, unseen);
  }

  std::optional<Clash> AtDelete(const std::string& path, const Cell& cell) const {
    Unseen unseen;
    ForEachShown(path, [&](const ShownPart& part) {
      if (IsUnseen(part.writer, cell.head->stamp)) unseen.Take(part.stamp, part.writer);
    });
    if (path == kDataRoot && Locate(before_.state, path).kind) {
      TakeUnseenHead(kMetaParent, cell.head->stamp, unseen);
    }
    if (!unseen.found()) return {};
    return At(path, ConflictKind::kDeleteUpdate, unseen);
  }

  /// head(OBJ) or head(LIST) where something unseen put another kind, or nothing.
  std::optional<Clash> AtContainer(const std::string& path, const Cell& cell) const {
    const Place place = Locate(before_.state, path);
    if (place.kind == cell.head->kind || !place.is_reachable || place.cell == nullptr) return {};
    if (!place.cell->head) return {};
    Unseen unseen;
    TakeUnseenHead(path, cell.head->stamp, unseen);
    if (place.kind) {
      if (!unseen.found()) return {};
      return At(path, ConflictKind::kType, unseen);
    }
    if (place.cell->head->kind != CellKind::kDel) {
      unseen = UnseenKillerOf(path, place.cell->head->stamp, cell.head->stamp);
    }
    if (!unseen.found()) return {};
    return At(path, ConflictKind::kDeleteUpdate, unseen);
  }

  /// The clear that killed `victim` at `path`, unless one that the writer had seen did so as well.
  [[nodiscard]] Unseen UnseenKillerOf(std::string_view path, const Stamp& victim,
                                      const Stamp& ours) const {
    Unseen unseen;
    bool was_seen = false;
    ForEachClr(path, [&](const Stamp& clr, const Writer& writer) {
      if (clr < victim) return;
      if (IsUnseen(writer, ours)) {
        unseen.Take(clr, writer);
      } else {
        was_seen = true;
      }
    });
    return was_seen ? Unseen{} : unseen;
  }

  /// A clear that comes with new content: what it kills unseen, unless the new content holds the
  /// same.
  std::optional<Clash> AtClear(const std::string& path, const Cell& cell) const {
    Unseen unseen;
    std::optional<ShownPlace> now;
    ForEachShown(path, [&](const ShownPart& part) {
      if (part.stamp > cell.clr || !IsUnseen(part.writer, cell.clr)) return;
      if (!now || now->path() != part.path) now.emplace(after_, part.path);
      const bool is_kept =
          part.head != nullptr ? now->ShowsHead(*part.head) : now->HasElement(part.element->bytes);
      if (!is_kept) unseen.Take(part.stamp, part.writer);
    });
    if (!unseen.found()) return {};
    const CellWriters* writers = Writers(path);
    const bool was_replaced = writers != nullptr && IsUnseen(writers->clr, cell.clr);
    return At(path, was_replaced ? ConflictKind::kScalar : ConflictKind::kDeleteUpdate, unseen);
  }

  /// Appended elements that an unseen clear had killed already.
  std::optional<Clash> AtDeadElements(const std::string& path, const Cell& cell) const {
    const ShownPlace now(after_, path);
    Unseen unseen;
    for (const auto& [key, element] : cell.elems) {
      if (element.last.IsNever() || now.HasElement(element.bytes)) continue;
      const Unseen killer = UnseenKillerOf(path, element.last, element.last);
      if (killer.found()) unseen.Take(killer.stamp, killer.writer);
    }
    if (!unseen.found()) return {};
    return At(path, ConflictKind::kDeleteUpdate, unseen);
  }

  /// Calls visit(ShownPart) for each head and element at or below `path` that `before` shows.
  template <typename Visit>
  void ForEachShown(std::string_view path, Visit visit) const {
    ForEachAtOrBelow(before_.state, path, [&](const std::string& at, const Cell& cell) {
      const CellWriters* writers = Writers(at);
      const Place place = Locate(before_.state, at);
      if (!place.kind || writers == nullptr) return;
      visit(ShownPart{at, cell.head->stamp, writers->head, &*cell.head, nullptr});
      if (place.kind != CellKind::kList) return;
      for (const auto& [key, element] : cell.elems) {
        const auto writer = writers->elems.find(key);
        if (writer == writers->elems.end() || !IsElementShown(element, place.floor)) continue;
        visit(ShownPart{at, element.last, writer->second.last, nullptr, &element});
      }
    });
  }

  const IncomingWrite& write_;
  const HubContext& before_;
  const State& after_;
  std::vector<Clash> clashes_;
};

}  // namespace

std::vector<Clash> FindClashes(const IncomingWrite& write, const HubContext& before,
                               const State& after) {
  return ClashFinder(write, before, after).Find();
}

std::optional<std::string> ShownBytes(const State& state, std::string_view path) {
  if (path == kMetaParent) {
    const Cell* cell = FindCell(state, path);
    const bool is_atom = cell != nullptr && cell->head && cell->head->kind == CellKind::kAtom;
    if (!is_atom || !Locate(state, kDataRoot).kind) return std::nullopt;
    return cell->head->bytes;
  }
  const std::optional<Rendered> shown = RenderAt(state, path);
  if (!shown) return std::nullopt;
  return CanonicalBytes(shown->value);
}

Stamp LargestStamp(const Cell& cell) {
  Stamp largest = cell.clr;
  if (cell.head) largest = std::max(largest, cell.head->stamp);
  for (const auto& [key, element] : cell.elems)
    largest = std::max({largest, element.last, element.rm});
  return largest;
}

}  // namespace contextsync

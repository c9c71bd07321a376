#include "core/document/draft.h"

#include <utility>

#include "core/document/element_key.h"
#include "core/document/join.h"
#include "core/document/visible.h"

namespace contextsync {
namespace {

// The components of the cell at `path` that `component` would write over.
Cell Save(const State& state, const std::string& path, const Cell& component) {
  Cell saved;
  const Cell* cell = FindCell(state, path);
  if (cell == nullptr) return saved;
  if (component.head) saved.head = cell->head;
  if (!component.clr.IsNever()) saved.clr = cell->clr;
  for (const auto& [key, unused] : component.elems) {
    const auto it = cell->elems.find(key);
    if (it != cell->elems.end()) saved.elems.insert(*it);
  }
  return saved;
}

void Restore(State& state, const std::string& path, const Cell& component, const Cell& saved) {
  const auto it = state.cells.find(path);
  Cell& cell = it->second;
  if (component.head) cell.head = saved.head;
  if (!component.clr.IsNever()) cell.clr = saved.clr;
  for (const auto& [key, unused] : component.elems) {
    cell.elems.erase(key);
    const auto before = saved.elems.find(key);
    if (before != saved.elems.end()) cell.elems.insert(*before);
  }
  if (IsNeutral(cell)) state.cells.erase(it);
}

}  // namespace

void Draft::Write(const std::string& path, Cell component) {
  ++next_.index;
  Undo undo{path, {}, Save(state_, path, component), Save(delta_, path, component)};
  Join(state_.cells[path], component);
  Join(delta_.cells[path], component);
  undo.written = std::move(component);
  undo_.push_back(std::move(undo));
}

void Draft::PutHead(const std::string& path, CellKind kind, std::string bytes) {
  if (Locate(state_, path).kind != kind) reshaped_.insert(path);
  Cell component;
  component.head = Head{next_, kind, std::move(bytes)};
  Write(path, std::move(component));
}

void Draft::PutClear(const std::string& path) {
  Cell component;
  component.clr = next_;
  Write(path, std::move(component));
}

void Draft::AddElement(const std::string& path, const std::string& key, std::string bytes) {
  Cell component;
  component.elems.emplace(key, Element{next_, next_, {}, std::move(bytes)});
  Write(path, std::move(component));
}

void Draft::AppendToLog(const std::string& path, std::string bytes) {
  const std::string key = LogKey(next_, bytes);
  AddElement(path, key, std::move(bytes));
}

void Draft::RemoveElement(const std::string& path, const std::string& key) {
  Cell component;
  component.elems.emplace(key, Element{{}, {}, next_, {}});
  Write(path, std::move(component));
}

KeptShapes Draft::FindKeptShapes() const {
  KeptShapes kept;
  for (const auto& [path, cell] : delta_.cells) {
    if (cell.head && !reshaped_.contains(path)) kept.insert(path);
  }
  return kept;
}

void Draft::RollBack(const Mark& mark) {
  while (undo_.size() > mark.undo_count) {
    const Undo& undo = undo_.back();
    Restore(state_, undo.path, undo.written, undo.in_state);
    Restore(delta_, undo.path, undo.written, undo.in_delta);
    undo_.pop_back();
  }
  next_.index = mark.next_index;
}

}  // namespace contextsync

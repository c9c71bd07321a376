#include "core/document/join.h"

#include <algorithm>
#include <utility>

#include "core/document/mutant.h"

namespace contextsync {
namespace {

bool RaiseStamp(Stamp& into, const Stamp& other) {
  if (!(into < other)) return false;
  into = other;
  return true;
}

// Absent is the neutral element of the minimum too.
bool LowerFirst(Stamp& into, const Stamp& other) {
  if (other.IsNever()) return false;
  if (MutantActive(Mutant::kFirstByMax)) return RaiseStamp(into, other);
  if (!into.IsNever() && into <= other) return false;
  into = other;
  return true;
}

bool RaiseLast(Stamp& into, const Stamp& other) {
  if (!MutantActive(Mutant::kLastByMin)) return RaiseStamp(into, other);
  if (other.IsNever() || (!into.IsNever() && into <= other)) return false;
  into = other;
  return true;
}

bool IsLarger(const Head& left, const Head& right) {
  if (MutantActive(Mutant::kHeadByMin)) return left < right;
  if (MutantActive(Mutant::kTiesNotByBytes)) {
    return std::pair(left.stamp, left.kind) > std::pair(right.stamp, right.kind);
  }
  if (MutantActive(Mutant::kKindNotInTie)) return left.stamp > right.stamp;
  return left > right;
}

bool RaiseHead(std::optional<Head>& into, const std::optional<Head>& other) {
  if (!other || (into && !IsLarger(*other, *into))) return false;
  into = other;
  return true;
}

bool RaiseBytes(std::string& into, const std::string& other) {
  if (!(into < other)) return false;
  into = other;
  return true;
}

// Takes over into `raised` what `other` raises; the pieces that raise nothing are left neutral.
bool JoinElement(Element& into, const Element& other, Element* raised) {
  const bool first = LowerFirst(into.first, other.first);
  const bool last = RaiseLast(into.last, other.last);
  const bool rm = RaiseStamp(into.rm, other.rm);
  const bool bytes = RaiseBytes(into.bytes, other.bytes);
  if (rm && MutantActive(Mutant::kFirstResetByRm)) into.first = into.last;
  if (raised != nullptr) {
    if (first) raised->first = other.first;
    if (last) raised->last = other.last;
    if (rm) raised->rm = other.rm;
    if (first || last || bytes) raised->bytes = other.bytes;
  }
  return first || last || rm || bytes;
}

void JoinCell(Cell& into, const Cell& other, Cell* raised) {
  if (RaiseHead(into.head, other.head) && raised != nullptr) raised->head = other.head;
  if (RaiseStamp(into.clr, other.clr) && raised != nullptr) raised->clr = other.clr;
  for (const auto& [key, element] : other.elems) {
    Element part;
    if (JoinElement(into.elems[key], element, &part) && raised != nullptr)
      raised->elems.emplace(key, part);
  }
}

// A message names the value of an element and its last addition together, whichever of them is
// news.
void Complete(Element& raised, const Element& whole) {
  if (raised.bytes.empty() && raised.last.IsNever()) return;
  raised.bytes = whole.bytes;
  raised.last = whole.last;
}

// What a join that asked the list policy would do: of a replaced list keep the newest alone.
void RemoveAllButNewest(Cell& cell) {
  Stamp newest;
  for (const auto& [key, element] : cell.elems)
    newest = std::max(newest, element.last);
  for (auto& [key, element] : cell.elems) {
    if (element.last != newest) element.rm = std::max(element.rm, newest);
  }
}

}  // namespace

void Join(Cell& into, const Cell& other) {
  JoinCell(into, other, nullptr);
}

void Join(State& into, const Delta& delta) {
  for (const auto& [path, cell] : delta.cells) {
    Cell& joined = into.cells[path];
    JoinCell(joined, cell, nullptr);
    if (MutantActive(Mutant::kPolicyInJoin) && path.ends_with("todo")) RemoveAllButNewest(joined);
  }
}

Delta JoinAndTrim(State& into, const Delta& delta) {
  Delta raised;
  for (const auto& [path, cell] : delta.cells) {
    Cell part;
    JoinCell(into.cells[path], cell, &part);
    if (!IsNeutral(part)) raised.cells.emplace(path, std::move(part));
  }
  return raised;
}

Delta Above(const State& state, const Delta& delta) {
  Delta raised;
  for (const auto& [path, cell] : delta.cells) {
    const Cell* known = FindCell(state, path);
    Cell scratch = known == nullptr ? Cell{} : *known;
    Cell part;
    JoinCell(scratch, cell, &part);
    for (auto& [key, element] : part.elems)
      Complete(element, cell.elems.at(key));
    if (!IsNeutral(part)) raised.cells.emplace(path, std::move(part));
  }
  return raised;
}

}  // namespace contextsync

#include "core/document/drop.h"

#include <limits>
#include <utility>

#include "core/base/bytes.h"

namespace contextsync {
namespace {

void DropStamp(Stamp& at, const Stamp& dropped) {
  if (at == dropped) at = Stamp{};
}

void DropFromElement(Cell& cell, const Drop& drop) {
  const auto it = cell.elems.find(drop.key);
  if (it == cell.elems.end()) return;
  Element& element = it->second;
  if (drop.component == Component::kFirst) DropStamp(element.first, drop.stamp);
  if (drop.component == Component::kLast) DropStamp(element.last, drop.stamp);
  if (drop.component == Component::kRm) DropStamp(element.rm, drop.stamp);
  // The bytes follow from the key: whoever adds the element again brings them along.
  if (element.first.IsNever() && element.last.IsNever()) element.bytes.clear();
  if (element == Element{}) cell.elems.erase(it);
}

void DropFromCell(Cell& cell, const Drop& drop) {
  switch (drop.component) {
    case Component::kHead:
      if (cell.head && cell.head->stamp == drop.stamp) cell.head.reset();
      break;
    case Component::kClr:
      DropStamp(cell.clr, drop.stamp);
      break;
    case Component::kFirst:
    case Component::kLast:
    case Component::kRm:
      DropFromElement(cell, drop);
      break;
  }
}

void CompleteElement(State& state, const Drop& drop) {
  const auto cell = state.cells.find(drop.path);
  if (cell == state.cells.end()) return;
  const auto element = cell->second.elems.find(drop.key);
  if (element != cell->second.elems.end()) StandAtFirst(element->second);
}

}  // namespace

void ApplyDrops(State& state, const std::vector<Drop>& drops) {
  for (const Drop& drop : drops) {
    const auto it = state.cells.find(drop.path);
    if (it == state.cells.end()) continue;
    DropFromCell(it->second, drop);
    if (IsNeutral(it->second)) state.cells.erase(it);
  }
  // Not before all are out: the first may be named after the last.
  for (const Drop& drop : drops) {
    if (drop.component == Component::kLast) CompleteElement(state, drop);
  }
}

std::vector<Drop> DropsOf(const State& state) {
  std::vector<Drop> drops;
  for (const auto& [path, cell] : state.cells) {
    if (cell.head) drops.push_back({path, Component::kHead, {}, cell.head->stamp});
    if (!cell.clr.IsNever()) drops.push_back({path, Component::kClr, {}, cell.clr});
    for (const auto& [key, element] : cell.elems) {
      if (!element.first.IsNever()) drops.push_back({path, Component::kFirst, key, element.first});
      if (!element.last.IsNever()) drops.push_back({path, Component::kLast, key, element.last});
      if (!element.rm.IsNever()) drops.push_back({path, Component::kRm, key, element.rm});
    }
  }
  return drops;
}

std::string EncodeDrops(const std::vector<Drop>& drops) {
  ByteWriter out;
  out.Varint(drops.size());
  for (const Drop& drop : drops) {
    out.Text(drop.path);
    out.U8(static_cast<std::uint8_t>(drop.component));
    out.Text(drop.key);
    out.Fixed64(drop.stamp.hlc.value);
    out.Fixed64(drop.stamp.device.value);
    out.Varint(drop.stamp.index);
  }
  return std::move(out).Take();
}

Result<std::vector<Drop>> DecodeDrops(std::string_view bytes) {
  ByteReader in(bytes);
  std::vector<Drop> drops;
  bool is_sound = true;
  const std::uint64_t count = in.Varint();
  for (std::uint64_t i = 0; in.ok() && i < count; ++i) {
    Drop& drop = drops.emplace_back();
    drop.path = in.Text();
    const std::uint8_t component = in.U8();
    drop.component = static_cast<Component>(component);
    drop.key = in.Text();
    drop.stamp.hlc = Hlc{in.Fixed64()};
    drop.stamp.device = DeviceId(in.Fixed64());
    const std::uint64_t index = in.Varint();
    drop.stamp.index = static_cast<std::uint32_t>(index);
    is_sound = is_sound && component <= static_cast<std::uint8_t>(Component::kRm) &&
               index <= std::numeric_limits<std::uint32_t>::max();
  }
  if (!in.ok() || !in.AtEnd() || !is_sound)
    return Error(ErrorCode::kCorruption, "a stored list of drops is damaged");
  return drops;
}

}  // namespace contextsync

#include "core/notebook/stamp_map.h"

#include <utility>

#include "core/document/element_key.h"
#include "core/notebook/hybrid_clock.h"

namespace contextsync {

StampMap::StampMap(const Meta& meta, Hlc limit)
    : own_(meta.former.begin(), meta.former.end()), limit_(limit) {
  own_.insert(meta.device);
}

void StampMap::AddAhead(const Delta& delta) {
  ForEachStamp(delta, [this](const Stamp& stamp) {
    if (stamp.hlc > limit_) Add(stamp.hlc);
  });
}

Status StampMap::Draw(Meta& meta, const Clock& clock) {
  for (auto& [old, fresh] : fresh_) {
    const auto hlc = Tick(meta, clock);
    if (!hlc) return Error(ErrorCode::kInternal, "the clock stands beyond the year 9999");
    fresh = *hlc;
  }
  return {};
}

Delta StampMap::Apply(const Delta& delta) const {
  Delta restamped;
  for (const auto& [path, cell] : delta.cells)
    restamped.cells.emplace_hint(restamped.cells.end(), path, Apply(cell));
  return restamped;
}

Cell StampMap::Apply(const Cell& cell) const {
  Cell restamped;
  restamped.head = cell.head;
  if (restamped.head) restamped.head->stamp = Of(restamped.head->stamp);
  restamped.clr = Of(cell.clr);
  for (const auto& [key, element] : cell.elems) {
    Element moved = element;
    moved.first = Of(element.first);
    moved.last = Of(element.last);
    moved.rm = Of(element.rm);
    restamped.elems.emplace(Renamed(key), std::move(moved));
  }
  return restamped;
}

std::string StampMap::Renamed(const std::string& key) const {
  auto born = LogKeyStamp(key);
  if (!born) return key;
  if (Moves(*born)) return RestampLogKey(key, Of(*born)).value_or(key);
  const auto name = names_.find(born->hlc);
  if (name == names_.end() || !own_.contains(born->device)) return key;
  born->hlc = name->second;
  return RestampLogKey(key, *born).value_or(key);
}

void StampMap::NameAsBefore(Hlc now, Hlc before, const State& state) {
  for (const auto& [path, cell] : state.cells) {
    for (const auto& [key, element] : cell.elems) {
      const auto born = LogKeyStamp(key);
      if (born && born->hlc == before && own_.contains(born->device)) names_[now] = before;
    }
  }
}

Hlc StampMap::Of(Hlc hlc) const {
  const auto found = fresh_.find(hlc);
  return found == fresh_.end() ? hlc : found->second;
}

bool StampMap::Moves(const Stamp& stamp) const {
  if (!fresh_.contains(stamp.hlc)) return false;
  return stamp.hlc > limit_ || own_.contains(stamp.device);
}

Stamp StampMap::Of(Stamp stamp) const {
  if (Moves(stamp)) stamp.hlc = Of(stamp.hlc);
  return stamp;
}

}  // namespace contextsync

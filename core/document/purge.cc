#include "core/document/purge.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/bytes.h"
#include "core/document/join.h"
#include "core/document/json.h"
#include "core/document/pointer.h"

namespace contextsync {
namespace {

// What is stored was within the limits when it was written.
constexpr JsonLimits kAnyValue = {limits::kMessageDepth, std::numeric_limits<std::size_t>::max()};

WriteId WriteOf(const Stamp& stamp) {
  return {stamp.hlc, stamp.device};
}

/// Calls visit(path, cell) for what may hold values at and below `pointer`.
template <typename Visit>
void ForEachCell(State& state, std::string_view pointer, Visit visit) {
  const std::string root = DataPath(pointer);
  auto it = state.cells.lower_bound(root);
  while (it != state.cells.end() && IsAtOrBelow(it->first, root)) {
    visit(it->second);
    it = IsNeutral(it->second) ? state.cells.erase(it) : std::next(it);
  }
}

/// Takes out what `is_covered` says of its stamp.
template <typename IsCovered>
bool Overwrite(Cell& cell, const IsCovered& is_covered) {
  bool has_changed = false;
  if (cell.head && cell.head->kind == CellKind::kAtom && is_covered(cell.head->stamp)) {
    cell.head->kind = CellKind::kDel;
    cell.head->bytes.clear();
    has_changed = true;
  }
  const auto drop = [&](Stamp& stamp) {
    if (stamp.IsNever() || !is_covered(stamp)) return;
    stamp = Stamp{};
    has_changed = true;
  };
  for (auto it = cell.elems.begin(); it != cell.elems.end();) {
    Element& element = it->second;
    drop(element.first);
    drop(element.last);
    drop(element.rm);
    StandAtFirst(element);
    if (element.first.IsNever() && element.last.IsNever()) element.bytes.clear();
    it = element == Element{} ? cell.elems.erase(it) : std::next(it);
  }
  return has_changed;
}

bool IsNamed(const Element& element, const Purge& purge) {
  return purge.Covers(element.first) || purge.Covers(element.last) || purge.Covers(element.rm);
}

bool IsWithin(const Drop& drop, std::string_view pointer) {
  return IsAtOrBelow(drop.path, DataPath(pointer)) && !drop.key.empty();
}

const Purge& KeptAt(const std::vector<Purge>& kept, std::string_view path) {
  static const Purge kNone;
  const auto same = std::find_if(kept.begin(), kept.end(),
                                 [&](const Purge& known) { return known.path == path; });
  return same == kept.end() ? kNone : *same;
}

void SortWrites(std::vector<WriteId>& writes) {
  std::sort(writes.begin(), writes.end());
  writes.erase(std::unique(writes.begin(), writes.end()), writes.end());
}

}  // namespace

bool Purge::Covers(const Stamp& stamp) const {
  return std::binary_search(writes.begin(), writes.end(), WriteOf(stamp));
}

bool ApplyPurge(State& state, const Purge& purge) {
  bool has_changed = false;
  ForEachCell(state, purge.path, [&](Cell& cell) {
    has_changed |= Overwrite(cell, [&](const Stamp& stamp) { return purge.Covers(stamp); });
  });
  return has_changed;
}

bool ApplyPurges(State& state, const std::vector<Purge>& purges) {
  bool has_changed = false;
  for (const Purge& purge : purges)
    has_changed |= ApplyPurge(state, purge);
  return has_changed;
}

void RestoreOtherWrites(State& state, const State& before, const State& feed, const Purge& purge) {
  State others;
  ForEachAtOrBelow(before, DataPath(purge.path), [&](const std::string& path, const Cell& cell) {
    const Cell* left = FindCell(feed, path);
    if (left == nullptr) return;
    for (const auto& [key, element] : cell.elems) {
      const auto found = left->elems.find(key);
      if (found != left->elems.end() && IsNamed(element, purge))
        others.cells[path].elems.insert(*found);
    }
  });
  Join(state, others);
}

bool EraseValues(State& state, std::string_view pointer) {
  bool has_changed = false;
  ForEachCell(state, pointer, [&](Cell& cell) {
    has_changed |= Overwrite(cell, [](const Stamp&) { return true; });
  });
  return has_changed;
}

bool ApplyPurgeToOlder(State& state, const Purge& purge) {
  return purge.IsWhole() ? EraseValues(state, purge.path) : ApplyPurge(state, purge);
}

bool ApplyPurge(std::vector<Drop>& drops, const Purge& purge) {
  return std::erase_if(drops, [&](const Drop& drop) {
           return IsWithin(drop, purge.path) && (purge.IsWhole() || purge.Covers(drop.stamp));
         }) > 0;
}

std::vector<WriteId> WritesAt(const State& state, std::string_view pointer) {
  std::vector<WriteId> writes;
  const auto add = [&writes](const Stamp& stamp) {
    if (!stamp.IsNever()) writes.push_back(WriteOf(stamp));
  };
  ForEachAtOrBelow(state, DataPath(pointer), [&](const std::string&, const Cell& cell) {
    if (cell.head && cell.head->kind == CellKind::kAtom) add(cell.head->stamp);
    for (const auto& [key, element] : cell.elems) {
      add(element.first);
      add(element.last);
      add(element.rm);
    }
  });
  SortWrites(writes);
  return writes;
}

std::vector<WriteId> WritesAt(const std::vector<Drop>& drops, std::string_view pointer) {
  std::vector<WriteId> writes;
  for (const Drop& drop : drops) {
    if (IsWithin(drop, pointer)) writes.push_back(WriteOf(drop.stamp));
  }
  SortWrites(writes);
  return writes;
}

std::optional<std::string> WithoutPurged(std::string_view bytes, std::string_view at,
                                         std::string_view purged) {
  if (IsAtOrBelow(at, purged)) return std::nullopt;
  if (!IsAtOrBelow(purged, at)) return std::string(bytes);
  Result<Json> parsed = ParseStrict(bytes, kAnyValue);
  const auto segments = SplitPointer(purged.substr(at.size()));
  if (!parsed.ok() || !segments) return std::nullopt;
  Json* place = &parsed.value();
  for (auto segment = segments->begin(); segment != segments->end(); ++segment) {
    if (!place->is_object()) return std::string(bytes);
    const auto found = place->find(*segment);
    if (found == place->end()) return std::string(bytes);
    if (std::next(segment) == segments->end()) {
      place->erase(found);
      break;
    }
    place = &*found;
  }
  return CanonicalBytes(parsed.value());
}

void AddWrites(std::vector<WriteId>& writes, const std::vector<WriteId>& more) {
  writes.insert(writes.end(), more.begin(), more.end());
  SortWrites(writes);
}

std::vector<WriteId> WritesBeyond(const std::vector<WriteId>& writes,
                                  const std::vector<WriteId>& known) {
  std::vector<WriteId> beyond;
  std::set_difference(writes.begin(), writes.end(), known.begin(), known.end(),
                      std::back_inserter(beyond));
  return beyond;
}

void KeepPurge(std::vector<Purge>& kept, const Purge& purge) {
  if (purge.writes.empty() && !purge.IsWhole()) return;
  auto same = std::find_if(kept.begin(), kept.end(),
                           [&](const Purge& known) { return known.path == purge.path; });
  if (same == kept.end()) {
    Purge plain;
    plain.path = purge.path;
    same = kept.insert(kept.end(), std::move(plain));
  }
  AddWrites(same->writes, purge.writes);
  same->before = std::max(same->before, purge.before);
}

const std::vector<WriteId>& KeptWrites(const std::vector<Purge>& kept, std::string_view path) {
  return KeptAt(kept, path).writes;
}

bool IsNews(const std::vector<Purge>& kept, const Purge& purge) {
  const Purge& known = KeptAt(kept, purge.path);
  return purge.before > known.before || !WritesBeyond(purge.writes, known.writes).empty();
}

std::string EncodePurges(const std::vector<Purge>& purges) {
  ByteWriter out;
  out.Varint(purges.size());
  for (const Purge& purge : purges) {
    out.Text(purge.path);
    out.Varint(purge.before.value);
    out.Varint(purge.seqs.size());
    for (const HubSequence seq : purge.seqs)
      out.Varint(seq.value);
    out.Varint(purge.writes.size());
    for (const WriteId& write : purge.writes) {
      out.Fixed64(write.hlc.value);
      out.Fixed64(write.device.value);
    }
  }
  return std::move(out).Take();
}

Result<std::vector<Purge>> DecodePurges(std::string_view bytes) {
  ByteReader in(bytes);
  std::vector<Purge> purges;
  bool is_sound = true;
  const std::uint64_t count = in.Varint();
  for (std::uint64_t i = 0; in.ok() && i < count; ++i) {
    Purge& purge = purges.emplace_back();
    purge.path = in.Text();
    purge.before = HubSequence(in.Varint());
    const std::uint64_t seqs = in.Varint();
    for (std::uint64_t k = 0; in.ok() && k < seqs; ++k)
      purge.seqs.emplace_back(in.Varint());
    const std::uint64_t writes = in.Varint();
    for (std::uint64_t k = 0; in.ok() && k < writes; ++k) {
      const Hlc hlc{in.Fixed64()};
      purge.writes.push_back({hlc, DeviceId(in.Fixed64())});
    }
    is_sound = is_sound && ValidatePointer(purge.path) &&
               std::is_sorted(purge.writes.begin(), purge.writes.end());
  }
  if (!in.ok() || !in.AtEnd() || !is_sound)
    return Error(ErrorCode::kCorruption, "a stored purge is damaged");
  return purges;
}

}  // namespace contextsync

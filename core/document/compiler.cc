#include "core/document/compiler.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/document/element_key.h"
#include "core/document/merge_value.h"
#include "core/document/mutant.h"

namespace contextsync {
namespace {

bool IsScalar(const Json& value) {
  return !value.is_structured();
}

bool SameBytes(const std::string& left, const std::string& right) {
  if (MutantActive(Mutant::kNoOpNotSuppressed)) return false;
  if (MutantActive(Mutant::kNumbersAsTrees)) return FromCanonical(left) == FromCanonical(right);
  return left == right;
}

// Keys of the visible elements that hold exactly `bytes`.
std::vector<std::string> ShownKeysOf(const Cell& cell, const Stamp& floor,
                                     const std::string& bytes) {
  std::vector<std::string> keys;
  const auto visit = [&](const ElementItem& item) {
    if (item.second.bytes == bytes && IsElementShown(item.second, floor))
      keys.push_back(item.first);
  };
  const std::string prefix = bytes + "#";
  for (auto it = cell.elems.lower_bound(prefix);
       it != cell.elems.end() && it->first.starts_with(prefix); ++it) {
    visit(*it);
  }
  // Log keys begin with a hex digit. Value keys of numbers lie among them, those of strings and
  // objects do not.
  for (auto it = cell.elems.lower_bound("0"); it != cell.elems.end() && it->first < "g"; ++it) {
    if (it->second.bytes == bytes && LogKeyStamp(it->first)) visit(*it);
  }
  return keys;
}

bool ShowsRecordId(const Cell& cell, const Stamp& floor, const std::string& id) {
  const std::string mark = "\"id\":" + CanonicalBytes(Json(id));
  const auto has_id = [&](const ElementItem& item) {
    return item.second.bytes.find(mark) != std::string::npos &&
           IsElementShown(item.second, floor) && RecordId(FromCanonical(item.second.bytes)) == id;
  };
  return std::any_of(cell.elems.begin(), cell.elems.end(), has_id);
}

// The node `pointer` leads to, through objects only.
Json* Descend(Json& root, std::string_view pointer) {
  Json* node = &root;
  const auto segments = SplitPointer(pointer);
  if (!segments) return nullptr;
  for (const std::string& segment : *segments) {
    if (!node->is_object() || !node->contains(segment)) return nullptr;
    node = &(*node)[segment];
  }
  return node;
}

bool EraseEqual(Json& list, const std::vector<Json>& values) {
  auto& elements = list.get_ref<Json::array_t&>();
  const auto is_named = [&values](const Json& element) {
    const std::string bytes = CanonicalBytes(element);
    return std::any_of(values.begin(), values.end(),
                       [&](const Json& value) { return CanonicalBytes(value) == bytes; });
  };
  return std::erase_if(elements, is_named) > 0;
}

}  // namespace

void Compiler::Compile(const std::string& path, const Json& value) {
  const std::string_view pointer = DataPointer(path);
  if (value.is_null()) {
    CompileNull(path);
  } else if (rules_.IsAtomic(pointer)) {
    CompileAtom(path, value);
  } else if (IsScalar(value)) {
    CompileScalar(path, value);
  } else if (rules_.IsReplaced(pointer)) {
    CompileReplaced(path, value);
  } else if (value.is_object()) {
    CompileObject(path, value);
  } else if (const ListPolicy policy = rules_.ListAt(pointer); policy == ListPolicy::kReplace) {
    ReplaceList(path, value);
  } else {
    CompileGrowingList(path, value, policy);
  }
}

void Compiler::CompileNull(const std::string& path) {
  if (!Look(path).kind) return;
  if (MutantActive(Mutant::kEnclosingHeadOnDelete)) Assert();
  draft_.PutClear(path);
  draft_.PutHead(path, CellKind::kDel);
}

void Compiler::CompileScalar(const std::string& path, const Json& value) {
  const Place place = Look(path);
  std::string bytes = CanonicalBytes(value);
  if (place.kind == CellKind::kAtom && SameBytes(place.cell->head->bytes, bytes)) return;
  Assert();
  if (place.kind && place.kind != CellKind::kAtom) ClearForKindChange(path);
  draft_.PutHead(path, CellKind::kAtom, std::move(bytes));
}

void Compiler::CompileObject(const std::string& path, const Json& value) {
  const Place place = Look(path);
  if (place.kind == CellKind::kObj) {
    Enter(path, /*has_head=*/false);
    CompileMembers(path, value);
    return Leave();
  }
  if (place.kind == CellKind::kAtom) {
    const Json seen = FromCanonical(place.cell->head->bytes);
    if (seen.is_object()) return ExplodeObject(path, seen, value);
  }
  Assert();
  if (place.kind) {
    ClearForKindChange(path);
  } else if (HasHiddenContent(path, place.floor)) {
    draft_.PutClear(path);
  }
  draft_.PutHead(path, CellKind::kObj);
  Enter(path, /*has_head=*/true);
  CompileMembers(path, value);
  Leave();
}

void Compiler::CompileMembers(const std::string& path, const Json& value) {
  for (const auto& [key, member] : value.items())
    Compile(AppendSegment(path, key), member);
}

// The atom holds the merged value: a strategy decides what a clash does, never what an update
// means.
void Compiler::CompileAtom(const std::string& path, const Json& value) {
  const Place place = Look(path);
  Json seen;
  if (place.kind) seen = RenderPlace(draft_.state(), path, place);
  Json merged =
      MergeValue(place.kind ? &seen : nullptr, value, std::string(DataPointer(path)), rules_);
  if (MutantActive(Mutant::kAtomStoresUpdate)) merged = WithoutNulls(value);
  if (Shows(path, place, merged)) return;
  Assert();
  draft_.PutClear(path);
  WriteAtom(path, merged);
}

void Compiler::CompileReplaced(const std::string& path, const Json& value) {
  if (value.is_array()) return ReplaceList(path, value);
  const Json wanted = WithoutNulls(value);
  if (Shows(path, Look(path), wanted)) return;
  Assert();
  draft_.PutClear(path);
  WriteFresh(path, wanted);
}

void Compiler::ReplaceList(const std::string& path, const Json& value) {
  if (Shows(path, Look(path), value)) return;
  Assert();
  draft_.PutClear(path);
  draft_.PutHead(path, CellKind::kList);
  AddByOccurrence(path, value);
}

void Compiler::CompileGrowingList(const std::string& path, const Json& value, ListPolicy policy) {
  const Place place = Look(path);
  if (place.kind == CellKind::kList) {
    if (value.empty() && MutantActive(Mutant::kEmptyListClears)) draft_.PutClear(path);
    AddNewValues(path, value, policy, /*has_head=*/false);
    return;
  }
  if (place.kind && value.empty()) return;  // an empty list says nothing about what is there
  if (place.kind == CellKind::kAtom) {
    const Json seen = FromCanonical(place.cell->head->bytes);
    if (seen.is_array()) return ExplodeList(path, seen, value, policy);
  }
  Assert();
  if (place.kind) {
    ClearForKindChange(path);
  } else if (HasHiddenContent(path, place.floor)) {
    draft_.PutClear(path);
  }
  draft_.PutHead(path, CellKind::kList);
  AddNewValues(path, value, policy, /*has_head=*/true);
}

// An atom becomes cells again, so that edits to different members no longer clash. No clr: what
// others wrote below concurrently stays.
void Compiler::ExplodeObject(const std::string& path, const Json& seen, const Json& update) {
  const Draft::Mark mark = draft_.Now();
  const std::size_t headed = headed_;
  Assert();
  if (MutantActive(Mutant::kClrAtExplode)) draft_.PutClear(path);
  draft_.PutHead(path, CellKind::kObj);
  bool is_skipped = MutantActive(Mutant::kExplodeMissesMembers);
  for (const auto& [key, member] : seen.items()) {
    if (!std::exchange(is_skipped, false)) WriteFresh(AppendSegment(path, key), member);
  }
  Enter(path, /*has_head=*/true);
  CompileMembers(path, update);
  Leave();
  if (!Shows(path, Look(path), seen)) return;
  draft_.RollBack(mark);
  headed_ = headed;
}

void Compiler::ExplodeList(const std::string& path, const Json& seen, const Json& values,
                           ListPolicy policy) {
  const Draft::Mark mark = draft_.Now();
  const std::size_t headed = headed_;
  Assert();
  draft_.PutHead(path, CellKind::kList);
  AddByOccurrence(path, seen);
  if (AddNewValues(path, values, policy, /*has_head=*/true)) return;
  draft_.RollBack(mark);
  headed_ = headed;
}

void Compiler::WriteFresh(const std::string& path, const Json& value) {
  if (IsScalar(value) || rules_.IsAtomic(DataPointer(path))) return WriteAtom(path, value);
  draft_.PutHead(path, value.is_object() ? CellKind::kObj : CellKind::kList);
  if (value.is_array()) return AddByOccurrence(path, value);
  for (const auto& [key, member] : value.items())
    WriteFresh(AppendSegment(path, key), member);
}

void Compiler::WriteAtom(const std::string& path, const Json& value) {
  draft_.PutHead(path, CellKind::kAtom, CanonicalBytes(value));
}

void Compiler::AddByOccurrence(const std::string& path, const Json& values) {
  std::map<std::string, std::uint32_t> counts;
  for (const Json& value : values) {
    const std::string bytes = CanonicalBytes(value);
    const std::uint32_t occurrence =
        MutantActive(Mutant::kReplaceWithoutOccurrence) ? 0 : counts[bytes]++;
    draft_.AddElement(path, ValueKey(bytes, occurrence), bytes);
  }
}

// Adds what is not shown yet to a list; the first addition renews its head and everything above it,
// unless this update wrote them already.
bool Compiler::AddNewValues(const std::string& path, const Json& values, ListPolicy policy,
                            bool has_head) {
  bool has_added = false;
  for (const Json& value : values) {
    std::string bytes = CanonicalBytes(value);
    if (IsRepeat(path, value, bytes, policy)) continue;
    if (!std::exchange(has_added, true) && !has_head) {
      Assert();
      draft_.PutHead(path, CellKind::kList);
    }
    if (policy == ListPolicy::kLog) {
      draft_.AppendToLog(path, std::move(bytes));
    } else {
      draft_.AddElement(path, ValueKey(bytes, 0), bytes);
    }
  }
  return has_added;
}

bool Compiler::IsRepeat(const std::string& path, const Json& value, const std::string& bytes,
                        ListPolicy policy) const {
  if (MutantActive(Mutant::kNoOpNotSuppressed)) return false;
  const Place place = Look(path);
  if (policy != ListPolicy::kLog) return !ShownKeysOf(*place.cell, place.floor, bytes).empty();
  const auto id = RecordId(value);
  if (!id) return false;
  if (rules_.is_append()) return ShowsRecordId(*place.cell, place.floor, *id);
  return !ShownKeysOf(*place.cell, place.floor, bytes).empty();
}

bool Compiler::Remove(const std::string& path, const std::vector<Json>& values) {
  const std::size_t entered = open_.size();
  bool is_list = false;
  for (std::size_t end = kDataRoot.size();; end = std::min(path.find('/', end + 1), path.size())) {
    const std::string here = path.substr(0, end);
    const Place place = Look(here);
    if (place.kind == CellKind::kAtom)
      is_list = RemoveInAtom(here, std::string_view(path).substr(end), values);
    if (place.kind == CellKind::kList && end == path.size()) {
      RemoveFromList(path, values);
      is_list = true;
    }
    if (place.kind != CellKind::kObj || end == path.size()) break;
    Enter(here, /*has_head=*/false);
  }
  while (open_.size() > entered)
    Leave();
  return is_list;
}

bool Compiler::RemoveInAtom(const std::string& atom_path, std::string_view pointer,
                            const std::vector<Json>& values) {
  Json atom = FromCanonical(Look(atom_path).cell->head->bytes);
  Json* list = Descend(atom, pointer);
  if (list == nullptr || !list->is_array()) return false;
  if (!EraseEqual(*list, values)) return true;
  Assert();
  draft_.PutClear(atom_path);
  WriteAtom(atom_path, atom);
  return true;
}

void Compiler::RemoveFromList(const std::string& path, const std::vector<Json>& values) {
  for (const Json& value : values) {
    const Place place = Look(path);
    for (const std::string& key : ShownKeysOf(*place.cell, place.floor, CanonicalBytes(value))) {
      draft_.RemoveElement(path, key);
    }
  }
}

bool Compiler::Shows(const std::string& path, const Place& place, const Json& value) const {
  if (!place.kind) return false;
  return SameBytes(CanonicalBytes(RenderPlace(draft_.state(), path, place)), CanonicalBytes(value));
}

// Only clones of one device can leave content behind that no clr covers and nobody sees.
bool Compiler::HasHiddenContent(const std::string& path, const Stamp& floor) const {
  bool is_found = false;
  ForEachAtOrBelow(draft_.state(), path, [&](const std::string& at, const Cell& cell) {
    const Stamp lowest = std::max(floor, cell.clr);
    is_found = is_found || CountShown(cell, lowest) > 0 || (at != path && ShownKind(cell, lowest));
  });
  return is_found;
}

void Compiler::ClearForKindChange(const std::string& path) {
  if (!MutantActive(Mutant::kNoClrAtKindChange)) draft_.PutClear(path);
}

void Compiler::Enter(const std::string& path, bool has_head) {
  open_.push_back(path);
  if (has_head) headed_ = open_.size();
}

void Compiler::Leave() {
  open_.pop_back();
  headed_ = std::min(headed_, open_.size());
}

void Compiler::Assert() {
  if (MutantActive(Mutant::kNoEnclosingHead)) return;
  for (; headed_ < open_.size(); ++headed_)
    draft_.PutHead(open_[headed_], CellKind::kObj);
}

}  // namespace contextsync
